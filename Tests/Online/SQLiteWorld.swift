import MagpieDomain
import MagpieSQLiteStore
import MagpieTestSupport

enum SQLiteWorld {
    /// Revisions (and events) in a database of their own.
    static func store(
        _ revisions: [Revision<Item>], _ events: [Event] = [], in folder: TemporaryFolder
    ) throws -> SQLiteStore {
        let store = try SQLiteStore(folder.file("world-\(events.count).sqlite"))
        _ = try store.append(revisions)
        _ = try store.append(events)
        return store
    }
}
