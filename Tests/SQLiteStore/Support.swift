import Foundation
import MagpieDomain
import MagpieSQLiteStore

/// A store in a folder of its own, gone with the test.
final class TemporaryStore {
    let folder: URL
    let store: SQLiteStore

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try SQLiteStore(folder.appendingPathComponent("log.sqlite"))
    }

    var file: URL { folder.appendingPathComponent("log.sqlite") }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension Timestamp: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(milliseconds: value) }
}

extension SQLiteStore {
    func all() throws -> [Event] {
        var events: [Event] = []
        try read(after: 0, through: .max) { events.append($0) }
        return events
    }

    /// Loads events as an import does: ids first.
    @discardableResult
    func load(_ events: [Event]) throws -> LoadReport {
        try bulkLoad { load in
            let identifier = EventIdentifier()
            for var event in events {
                identifier.identify(&event)
                try load.append(event)
            }
        }.report
    }
}

func rating(_ user: String, _ item: String, _ value: Double, at time: Int64, id: String = "") -> Event {
    var event = Event(
        kind: "rating", userId: UserID(user), itemId: ItemID(item), value: value, time: Timestamp(milliseconds: time),
        source: "test.csv")
    event.eventId = id
    return event
}
