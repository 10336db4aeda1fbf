import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieOffline
import MagpieSQLiteStore

/// Where the home is: shared by all verbs.
struct HomeOptions: ParsableArguments {
    @Option(name: .customLong("home"), help: ArgumentHelp("The home folder.", valueName: "dir"))
    var path = "./magpie-home"

    /// Opens the home; `create` makes one where there is none.
    func open(create: Bool = false) throws -> OpenHome {
        let home = try Home.open(at: URL(fileURLWithPath: path), create: create)
        return OpenHome(
            home: home, configuration: try Configuration(reading: home.configurationURL),
            store: try SQLiteStore(home.logURL))
    }
}

/// A home with its configuration and its store.
struct OpenHome {
    let home: Home
    let configuration: Configuration
    let store: SQLiteStore
}

/// What only verbs that compute need.
struct ComputeOptions: ParsableArguments {
    @Option(help: "How many threads to use. The result does not depend on it.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "The seed of everything random.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads is \(threads), expected 1 to 1024") }
    }
}

struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON for programs instead of tables for people.")
    var isOn = false

    /// Prints a value as JSON with sorted keys.
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
