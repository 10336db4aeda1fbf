import ArgumentParser
import Foundation
import MagpieDomain
import MagpieSQLiteStore

/// `magpie erase`: everything the home holds of a person goes for good.
struct EraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Remove a user's events and attributes for good.",
        discussion: """
            Also removes what was done under anonymous ids that were joined to the user. This cannot be undone, and
            importing the same file again does not bring the events back. Published bundles forget the person at the
            next training.

              magpie erase 42
            """)

    @Argument(help: ArgumentHelp("The user's id.", valueName: "user")) var user: String
    @OptionGroup var home: HomeOptions

    func run() throws {
        guard !user.isEmpty else { throw ValidationError("the user's id is empty") }
        let open = try home.open()
        let lock = try open.home.lock()
        defer { lock.release() }
        var people: Set<UserKey> = [UserID(user).key]
        let removed = try open.store.erase(user: UserID(user), at: .now) { event in
            if let actor = event.actor { people.insert(actor) }
        }
        _ = try ListFile(open.home.listsURL).erase(people)
        print("user \(user) is erased: \(Numbers.count(removed)) \(removed == 1 ? "event" : "events") removed")
    }
}
