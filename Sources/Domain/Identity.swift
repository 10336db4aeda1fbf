/// The three identities of an item and of a user.
///
/// | | what | where it may live |
/// |---|---|---|
/// | ``EntityID`` | the caller's own bytes (UTF-8) | requests, answers, the log |
/// | ``EntityKey`` | a stable 64-bit hash of those bytes | the log, live state, seen lists |
/// | ``ItemIndex`` | a row of ONE bundle | inside that bundle's artifacts and a request, never stored outside |
///
/// Swift's `String ==` folds composed and decomposed forms of "é" together; SQLite, Redis and Spark do
/// not. An ID is therefore compared, hashed and ordered by its bytes, so that all engines agree.
public struct EntityID<Entity>: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let string: String

    @inlinable public init(_ string: String) { self.string = string }
    @inlinable public init(stringLiteral value: String) { self.string = value }

    @inlinable public var description: String { string }

    @inlinable public static func == (a: Self, b: Self) -> Bool {
        a.string.utf8.elementsEqual(b.string.utf8)
    }

    @inlinable public static func < (a: Self, b: Self) -> Bool {
        a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
    }

    @inlinable public func hash(into hasher: inout Hasher) {
        var copy = string
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The stable 64-bit key of this ID (xxHash64, seed 0, over its UTF-8 bytes).
    @inlinable public var key: EntityKey<Entity> {
        var copy = string
        return copy.withUTF8 { EntityKey(StableHash.xxh64(UnsafeRawBufferPointer($0))) }
    }
}

extension EntityID: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(string)
    }
}

/// A stable 64-bit hash of an ``EntityID``. Two IDs with one key are an import error.
public struct EntityKey<Entity>: Sendable, Hashable, Comparable {
    public let raw: UInt64

    @inlinable public init(_ raw: UInt64) { self.raw = raw }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
}

public typealias ItemID = EntityID<Item>
public typealias ItemKey = EntityKey<Item>
public typealias UserID = EntityID<User>
public typealias UserKey = EntityKey<User>

/// A row of one bundle's item table: 0 ..< item count.
public typealias ItemIndex = UInt32
