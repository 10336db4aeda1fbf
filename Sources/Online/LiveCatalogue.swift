import MagpieDomain
import Synchronization

/// What changed in the catalogue since the bundle was made: items hidden, shown again or deleted. Honoured at once.
public final class LiveCatalogue: Sendable {
    private struct Change {
        var isDeleted = false
        var available: Bool?
    }

    private let changes = Mutex<[ItemKey: Change]>([:])
    /// What new and changed items are; nil where nobody searches for them (batch, replay).
    let items: LiveItems?

    public init(items: LiveItems? = nil) { self.items = items }

    public func apply(_ revision: Revision<Item>) {
        items?.apply(revision)
        changes.withLock { changes in
            switch revision.change {
            case .delete:
                changes[revision.id.key] = Change(isDeleted: true, available: nil)
            case .patch(let patch):
                var change = changes[revision.id.key] ?? Change()
                change.isDeleted = false
                if let patched = patch[ReservedAttribute.available] {
                    if case .bool(let value)? = patched { change.available = value } else { change.available = true }
                }
                changes[revision.id.key] = change
            }
        }
    }

    /// Adds what must not be shown to `excluded`, and takes out what became available again.
    func update(_ excluded: inout ItemSet, index: (ItemKey) -> ItemIndex?) {
        changes.withLock { changes in
            // The order does not matter: each key touches its own bit.
            for (key, change) in changes {
                guard let item = index(key) else { continue }
                if change.isDeleted || change.available == false {
                    excluded.insert(item)
                } else if change.available == true {
                    excluded.remove(item)
                }
            }
        }
    }
}
