import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieServing

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Say who may ask the server.",
        discussion: """
            A home without keys answers everybody who reaches it. With the first key every request needs one: \
            'Authorization: Bearer <key>'. A running server knows of a change within a second.

            EXAMPLES
              magpie keys add "web shop" --scope read --scope write
              magpie keys add "a partner" --per-second 50
              magpie keys
              magpie keys remove 3f9a01c2
            """, subcommands: [List.self, Add.self, Remove.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All keys, by what they are called.")
        @OptionGroup var home: HomeOptions
        @OptionGroup var json: JSONOption

        func run() throws {
            let keys = try APIKeys(reading: home.open().home.keysURL)?.keys ?? []
            if json.isOn { return try JSONOption.print(keys) }
            var table = Table([.text("id"), .text("name"), .text("may"), .number("a second"), .text("made")])
            for key in keys {
                table.add([
                    key.id, key.name, key.scopes.map(\.rawValue).joined(separator: ", "),
                    key.perSecond.map { Numbers.fixed($0, $0 == $0.rounded() ? 0 : 1) } ?? "-", key.createdAt,
                ])
            }
            print(table.isEmpty ? "No keys: the server answers everybody." : table.text())
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key. It is shown once; the home keeps only its hash.")
        @Argument(help: "What it is for, for people.") var name: String
        @Option(
            name: .customLong("scope"),
            help: "read (ask), write (events, items) or admin (everything, also deleting and erasing); repeatable.")
        var scopes: [Scope] = [.read]
        @Option(help: "How often it may ask, in requests a second; without it, as often as it likes.")
        var perSecond: Double?
        @OptionGroup var home: HomeOptions

        enum Scope: String, ExpressibleByArgument, CaseIterable { case read, write, admin }

        func run() throws {
            guard !name.isEmpty else { throw ValidationError("the key's name is empty") }
            if let perSecond, !(perSecond > 0 && perSecond.isFinite) {
                throw ValidationError("--per-second is \(perSecond), expected more than 0")
            }
            let opened = try home.open().home
            let lock = try opened.keysLock()
            defer { lock.release() }
            var keys = try APIKeys(reading: opened.keysURL) ?? APIKeys()
            let wanted = scopes.compactMap { APIKeys.Scope(rawValue: $0.rawValue) }
            let key = keys.add(name: name, scopes: wanted, perSecond: perSecond, now: .now)
            try keys.write(to: opened.keysURL)
            print(key)
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a key back.")
        @Argument(help: "The key's id.") var id: String
        @OptionGroup var home: HomeOptions

        func run() throws {
            let opened = try home.open().home
            let lock = try opened.keysLock()
            defer { lock.release() }
            var keys = try APIKeys(reading: opened.keysURL) ?? APIKeys()
            guard keys.remove(id: id) else { throw ValidationError("no key \(id): magpie keys lists them") }
            // An empty list still asks for a key: nobody may ask, rather than everybody.
            try keys.write(to: opened.keysURL)
            let rest = "; no key is left, so nobody may ask (to open the server, remove keys.json and start it anew)"
            print("removed" + (keys.keys.isEmpty ? rest : ""))
        }
    }
}
