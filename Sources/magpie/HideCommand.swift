import ArgumentParser
import Foundation
import MagpieDomain

/// `magpie hide`: an item stays in the catalogue but is in no answer until it is shown again.
struct HideCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hide",
        abstract: "Keep an item out of every answer until it is shown again.",
        discussion: """
            What was learned from it stays. Answers leave it out at once, the next training too.

              magpie hide 2571
            """)

    @Argument(help: ArgumentHelp("The item's id.", valueName: "item")) var item: String
    @OptionGroup var home: HomeOptions

    func run() throws {
        let changed = try ItemChange.apply(
            .patch([ReservedAttribute.available: .bool(false)]), to: item, in: home)
        print(changed ? "item \(item) is hidden" : "item \(item) was hidden already")
    }
}

/// `magpie show`: takes back a `hide`.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Let a hidden item appear again.",
        discussion: """
              magpie show 2571
            """)

    @Argument(help: ArgumentHelp("The item's id.", valueName: "item")) var item: String
    @OptionGroup var home: HomeOptions

    func run() throws {
        let changed = try ItemChange.apply(
            .patch([ReservedAttribute.available: .bool(true)]), to: item, in: home)
        print(changed ? "item \(item) is available" : "item \(item) was available already")
    }
}

/// `magpie delete`: an item leaves the catalogue; its history of revisions stays, its events too.
struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Take an item out of the catalogue.",
        discussion: """
            No answer shows it again, and the next training leaves it out. Importing the item anew brings it back.

              magpie delete 2571
            """)

    @Argument(help: ArgumentHelp("The item's id.", valueName: "item")) var item: String
    @OptionGroup var home: HomeOptions

    func run() throws {
        let changed = try ItemChange.apply(.delete, to: item, in: home)
        print(changed ? "item \(item) is deleted" : "item \(item) was deleted already")
    }
}

enum ItemChange {
    /// - Returns: whether it made a difference.
    static func apply(_ change: Revision<Item>.Change, to item: String, in options: HomeOptions) throws -> Bool {
        guard !item.isEmpty else { throw ValidationError("the item's id is empty") }
        let open = try options.open()
        let lock = try open.home.lock()
        defer { lock.release() }
        let now = Timestamp.now
        return try open.store.append([
            Revision<Item>(id: ItemID(item), validFrom: now, receivedAt: now, change: change)
        ]) > 0
    }
}
