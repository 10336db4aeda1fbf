import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieOffline
import MagpieSQLiteStore

struct ListsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lists", abstract: "Look at the lists that were made ahead of time.",
        discussion: """
            magpie batch --into-lists makes them, and a server for whoever comes with mode=auto. Exported they serve without \
            Magpie: a key and what is shown for it, a line each.

            EXAMPLES
              magpie lists
              magpie lists export lists.jsonl
              magpie lists export lists.redis --format redis    for redis-cli --pipe
              magpie lists check
              magpie lists clean
            """, subcommands: [Summary.self, Export.self, Check.self, Clean.self], defaultSubcommand: Summary.self)

    struct Summary: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "How many there are, by scenario.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var json: JSONOption

        func run() throws {
            let all = try ListFile(home.open().home.listsURL).summary(at: .now)
            if json.isOn { return try JSONOption.print(all) }
            var table = Table([
                .text("scenario"), .number("lists"), .number("read"), .number("expired"), .text("oldest"),
                .text("newest"),
            ])
            for one in all {
                table.add([
                    one.scenario, Numbers.count(one.lists), Numbers.count(one.read), Numbers.count(one.expired),
                    one.oldest.iso8601, one.newest.iso8601,
                ])
            }
            print(table.isEmpty ? "No lists: magpie batch --into-lists makes them." : table.text())
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all that have not expired as keys and values.",
            discussion: """
                The key is SCENARIO/USER, the value the JSON array of items. jsonl: {"key": ..., "value": ..., "expiresAt": \
                milliseconds} a line. redis: SET commands in Redis' own protocol, each with its time to expire.
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, redis }

        @Argument(help: "The file to write; it appears when it is complete.") var output: String
        @Option(help: "JSON Lines, or Redis' protocol.") var format = Format.jsonl
        @OptionGroup var home: HomeOptions

        func run() throws {
            let lists = try ListFile(home.open().home.listsURL)
            var count = 0
            try AtomicFile.write(to: URL(fileURLWithPath: output)) { file in
                var bytes: [UInt8] = []
                func flush() throws {
                    try bytes.withUnsafeBytes { try file.append($0) }
                    bytes.removeAll(keepingCapacity: true)
                }
                try lists.each(at: .now) { list in
                    count += 1
                    bytes += format == .jsonl ? Self.line(list) : Self.command(list)
                    if bytes.count > 1 << 20 { try flush() }
                }
                try flush()
            }
            print("\(Numbers.count(count)) lists: \(output)")
        }

        private static func key(_ list: PrecomputedList) -> String { "\(list.scenario)/\(list.user)" }

        private static func line(_ list: PrecomputedList) -> [UInt8] {
            let tree = JSONTree.object([
                .init("key", .string(key(list))), .init("value", list.itemsJSON),
                .init("expiresAt", .number(Double(list.expiresAt.milliseconds))),
            ])
            return Array((tree.text + "\n").utf8)
        }

        /// https://redis.io/docs/latest/develop/reference/protocol-spec/: an array of bulk strings.
        private static func command(_ list: PrecomputedList) -> [UInt8] {
            let parts = ["SET", key(list), list.itemsJSON.text, "PXAT", "\(list.expiresAt.milliseconds)"]
            return Array("*\(parts.count)\r\n".utf8)
                + parts.flatMap { Array("$\($0.utf8.count)\r\n".utf8) + Array($0.utf8) + [0x0D, 0x0A] }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer again for whose lists are held, and compare.",
            discussion: """
                Each is answered in real time as of the moment when its list was made, by the published bundle. Lists of other \
                bundles are counted and passed over.
                """)

        @Option(name: .customLong("most"), help: "Lists of a scenario, taken at random.") var most = 1_000
        @Option(help: "How many threads to use. The result does not depend on it.")
        var threads = ProcessInfo.processInfo.activeProcessorCount
        @OptionGroup var home: HomeOptions
        @OptionGroup var json: JSONOption

        func run() throws {
            let asker = try home.asker()
            var held: [PrecomputedList] = []
            var counts: [String: Int] = [:]
            // By the user's key, which is a hash: the first ones are a sample.
            try ListFile(asker.opened.home.listsURL).each(at: .now) { list in
                counts[list.scenario, default: 0] += 1
                if counts[list.scenario, default: 0] <= most { held.append(list) }
            }
            let bar = ProgressBar()
            bar.begin("answering again for \(Numbers.count(held.count)) lists")
            let check = try Batch.check(
                held, asker.recommender, options: asker.opened.configuration.lists, threads: threads,
                progress: bar.update)
            bar.end()
            if json.isOn { return try JSONOption.print(check) }
            print(
                "\(Numbers.count(check.lists)) lists answered again: \(Numbers.count(check.same)) the same, item by item, "
                    + "\(Numbers.count(check.sameItems)) in another order, "
                    + "\(Numbers.count(check.lists - check.same - check.sameItems)) with other items"
                    + (check.ofOtherBundles > 0
                        ? "; \(Numbers.count(check.ofOtherBundles)) of other bundles passed over" : ""))
        }
    }

    struct Clean: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove those that have expired.")
        @OptionGroup var home: HomeOptions

        func run() throws {
            let (removed, unread) = try ListFile(home.open().home.listsURL).removeExpired(at: .now)
            print("\(Numbers.count(removed)) removed, \(Numbers.count(unread)) of them never shown")
        }
    }
}
