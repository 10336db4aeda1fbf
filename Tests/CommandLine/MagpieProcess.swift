import Foundation
import Testing

/// The built `magpie` run as people run it: a process with a folder of its own, gone with the test.
final class MagpieProcess {
    struct Result {
        var exitCode: Int32
        var output: String
        var error: String
    }

    let folder: URL
    var home: URL { folder.appendingPathComponent("home") }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Writes a file and gives its path.
    func write(_ text: String, _ name: String) throws -> String {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// A home with the planted films.
    func importPlantedFilms() throws {
        _ = try write(PlantedFilms.films, "ml/movies.csv")
        _ = try write(PlantedFilms.ratings, "ml/ratings.csv")
        #expect(try run("import", folder.appendingPathComponent("ml").path).exitCode == 0)
    }

    /// A home with a bundle of the planted films: a copy of one that all tests share, because a training takes a minute.
    func trainPlantedFilms() throws { try FileManager.default.copyItem(at: try Self.trained.get(), to: home) }

    private static let trained: Swift.Result<URL, any Error> = Swift.Result { try trainedHome() }

    private static func trainedHome() throws -> URL {
        let magpie = try MagpieProcess()
        try magpie.importPlantedFilms()
        _ = try magpie.write(PlantedFilms.configuration, "home/magpie.json")
        #expect(try magpie.run("train").exitCode == 0)
        let shared = magpie.folder.appendingPathExtension("trained")
        try FileManager.default.moveItem(at: magpie.home, to: shared)
        atexit { if let shared = try? MagpieProcess.trained.get() { try? FileManager.default.removeItem(at: shared) } }
        return shared
    }

    /// Runs a verb on the home of this test.
    @discardableResult
    func run(_ arguments: String...) throws -> Result { try run(arguments + ["--home", home.path]) }

    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let process = try start(arguments, environment: environment)
        process.waitUntilExit()
        return try result(process)
    }

    /// Starts a verb and goes on; one at a time.
    /// - Parameters:
    ///   - environment: what it has beside this process's own.
    ///   - fileKilobytes: what no file of its may outgrow; further writes fail.
    func start(
        _ arguments: [String], environment: [String: String] = [:], fileKilobytes: Int? = nil
    ) throws -> Process {
        let process = Process()
        let binary: URL = try #require(Self.binary(), "the magpie binary beside the tests")
        if let fileKilobytes {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            let script = "trap '' XFSZ; ulimit -f \(fileKilobytes); exec \"$0\" \"$@\""
            process.arguments = ["-c", script, binary.path] + arguments
        } else {
            process.executableURL = binary
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = folder
        // Files rather than pipes: nothing to drain while it runs.
        for file in [output, error] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: error)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Starts a server over the home of this test, on any free port.
    /// - Returns: it and its address, when it listens.
    func serve(_ arguments: String..., fileKilobytes: Int? = nil) async throws -> (process: Process, url: String) {
        let process = try start(
            ["serve", "--home", home.path, "--port", "0"] + arguments, fileKilobytes: fileKilobytes)
        let address = /https?:\/\/127\.0\.0\.1:\d+/
        while process.isRunning, said.firstMatch(of: address) == nil { try await Task.sleep(for: .milliseconds(20)) }
        return (process, String(try #require(said.firstMatch(of: address)?.0)))
    }

    /// Of a process that has ended.
    func result(_ process: Process) throws -> Result {
        Result(
            exitCode: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
    }

    private var output: URL { folder.appendingPathComponent(".out") }
    private var error: URL { folder.appendingPathComponent(".err") }

    /// What the process that runs has said so far.
    var said: String { String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self) }

    /// The products lie in the folder of the test bundle.
    private static func binary() -> URL? {
        let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
        let candidates = [CommandLine.arguments.first.map { URL(fileURLWithPath: $0) }].compactMap { $0 } + bundles
        return candidates.map { $0.deletingLastPathComponent().appendingPathComponent("magpie") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}
