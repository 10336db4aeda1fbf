/// Something that can be recommended or found. What is known of it is a list of append-only ``Revision``s.
public enum Item {}

/// Somebody who is recommended to. What is known of them is a list of append-only ``Revision``s.
public enum User {}

/// What was learned of an item or a user at one moment. Attributes are read `asOf` a moment by applying, in
/// log order, the patches known by then: today's attributes are never joined to yesterday's events.
public struct Revision<Entity>: Sendable, Equatable {
    public enum Change: Sendable, Equatable {
        /// Sets, removes or leaves attributes.
        case patch(AttributePatch)
        /// The tombstone of a deleted item: no answer shows it again, the next training leaves it out.
        case delete

        public static func == (a: Change, b: Change) -> Bool {
            switch (a, b) {
            case (.delete, .delete): true
            case (.patch(let a), .patch(let b)): a == b
            default: false
            }
        }
    }

    /// The number the store gave at the append; 0 before.
    public var seq: Int64
    public var id: EntityID<Entity>
    /// From when the change holds in the caller's world.
    public var validFrom: Timestamp
    /// When we learned of it. A reader `asOf` t sees revisions with both times at or before t.
    public var receivedAt: Timestamp
    public var change: Change

    public init(
        seq: Int64 = 0, id: EntityID<Entity>, validFrom: Timestamp, receivedAt: Timestamp, change: Change
    ) {
        self.seq = seq
        self.id = id
        self.validFrom = validFrom
        self.receivedAt = receivedAt
        self.change = change
    }
}

/// An item or user as it was known at one moment.
public struct Entry<Entity>: Sendable, Equatable {
    public var id: EntityID<Entity>
    public var attributes: [String: AttributeValue]

    public init(id: EntityID<Entity>, attributes: [String: AttributeValue] = [:]) {
        self.id = id
        self.attributes = attributes
    }
}
