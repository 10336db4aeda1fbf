import ArgumentParser
import Foundation
import MagpieArtifacts

struct BundlesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundles", abstract: "List bundles, publish an older one, go back.",
        subcommands: [List.self, Publish.self, Rollback.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All bundles; the current one is marked.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var json: JSONOption

        func run() throws {
            let bundles = try home.open().home.bundles
            let current = try bundles.currentID()
            let manifests = try bundles.all().map { try bundles.open($0).manifest }
            if json.isOn { return try JSONOption.print(manifests) }
            var table = Table([
                .text(""), .text("bundle"), .text("made"), .number("items"), .number("events to"), .number("size"),
            ])
            for manifest in manifests {
                table.add([
                    manifest.id == current ? "*" : "", manifest.id, manifest.createdAt.iso8601,
                    Numbers.count(manifest.counts["items"] ?? 0), Numbers.count(Int(manifest.logSeq)),
                    Numbers.bytes(manifest.artifacts.reduce(0) { $0 + $1.size }),
                ])
            }
            print(table.isEmpty ? "No bundles yet: run magpie train." : table.text())
        }
    }

    struct Publish: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a bundle the current one.")
        @Argument(help: "The bundle's id.") var bundle: String
        @OptionGroup var home: HomeOptions

        func run() throws {
            let opened = try home.open().home
            let lock = try opened.trainingLock()
            defer { lock.release() }
            try opened.bundles.publish(bundle)
            print("Published \(bundle)")
        }
    }

    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the bundle before the current one current again.")
        @OptionGroup var home: HomeOptions

        func run() throws {
            let opened = try home.open().home
            let lock = try opened.trainingLock()
            defer { lock.release() }
            print("Back to \(try opened.bundles.rollback().id)")
        }
    }
}

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every byte of a bundle against its checksums.",
        discussion: """
            EXAMPLES
              magpie verify                 the current bundle
              magpie verify 20261124T0830   that one
            """)

    @Argument(help: "The bundle's id; the current one if left out.") var bundle: String?
    @OptionGroup var home: HomeOptions

    func run() throws {
        let bundles = try home.open().home.bundles
        let folder = try bundle.map { try bundles.open($0) } ?? bundles.current()
        guard let folder else { throw CommandError.nothingPublished(home: home.path) }
        try folder.verify()
        print("\(folder.id): \(folder.manifest.artifacts.count) files, all as they were made")
    }
}
