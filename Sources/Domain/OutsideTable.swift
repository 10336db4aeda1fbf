/// A table of numbers that somebody else computed: a credit score a user, a stock count an item, a model's output.
///
/// A row says what held of one entity from one moment on, and when that became known here. Who asks at `now` gets the
/// newest row that held and was known by then: a number that came late is not seen in questions of before it came.
///
///     entity  valid_from  received    stock
///     sku-1   2026-11-01  2026-11-01  12
///     sku-1   2026-11-02  2026-11-04   0     seen from the 4th on, though it held from the 2nd
public struct OutsideTable: Sendable, Equatable {
    /// Whose ids stand in the rows.
    public enum EntityKind: String, Sendable, CaseIterable, Codable {
        case item, user
    }

    public var name: String
    public var entity: EntityKind
    /// Ascending by bytes.
    public var columns: [String]
    /// ``EntityID/key`` of each row; rows are ascending by (key, valid from, received at).
    public private(set) var keys: [UInt64] = []
    /// Milliseconds.
    public private(set) var validFrom: [Int64] = []
    public private(set) var receivedAt: [Int64] = []
    /// Rows x columns; NaN = not known.
    public private(set) var values: [Float] = []

    public init(name: String, entity: EntityKind, columns: [String]) {
        self.name = name
        self.entity = entity
        self.columns = columns
    }

    /// Rows as they stand in a file: of any numbers, for the file may be damaged, but as many of each.
    public init(
        name: String, entity: EntityKind, columns: [String], keys: [UInt64], validFrom: [Int64], receivedAt: [Int64],
        values: [Float]
    ) {
        precondition(keys.count == validFrom.count && keys.count == receivedAt.count)
        precondition(values.count == keys.count * columns.count)
        self.init(name: name, entity: entity, columns: columns)
        self.keys = keys
        self.validFrom = validFrom
        self.receivedAt = receivedAt
        self.values = values
    }

    /// Appends a row that comes after all others.
    public mutating func append(key: UInt64, validFrom: Timestamp, receivedAt: Timestamp, values row: [Float]) {
        precondition(row.count == columns.count, "\(row.count) values, \(columns.count) columns")
        keys.append(key)
        self.validFrom.append(validFrom.milliseconds)
        self.receivedAt.append(receivedAt.milliseconds)
        values += row
    }

    public var rowCount: Int { keys.count }

    /// The row of an entity that held and was known at `now`: the one valid from the latest moment, of those the one
    /// received last. nil when there was none.
    public func row(of key: UInt64, at now: Timestamp) -> Int? {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] <= key { low = middle + 1 } else { high = middle }
        }
        var row = low - 1
        while row >= 0, keys[row] == key {
            if validFrom[row] <= now.milliseconds, receivedAt[row] <= now.milliseconds { return row }
            row -= 1
        }
        return nil
    }

    public subscript(row: Int, column: Int) -> Float { values[row * columns.count + column] }

    /// The same rows with these columns: NaN where this table has no such column.
    public func with(columns wanted: [String]) -> OutsideTable {
        if wanted == columns { return self }
        let places = wanted.map { columns.firstIndex(of: $0) }
        var table = OutsideTable(name: name, entity: entity, columns: wanted)
        (table.keys, table.validFrom, table.receivedAt) = (keys, validFrom, receivedAt)
        table.values.reserveCapacity(keys.count * wanted.count)
        for row in keys.indices { for place in places { table.values.append(place.map { self[row, $0] } ?? .nan) } }
        return table
    }
}

/// One row of an ``OutsideTable`` as a file has it.
public struct OutsideRow: Sendable, Equatable {
    public var entity: String
    public var validFrom: Timestamp
    public var receivedAt: Timestamp
    /// By column; nil = not known.
    public var values: [String: Double?]

    public init(entity: String, validFrom: Timestamp, receivedAt: Timestamp, values: [String: Double?]) {
        self.entity = entity
        self.validFrom = validFrom
        self.receivedAt = receivedAt
        self.values = values
    }
}

/// Where such tables are kept.
public protocol OutsideTables: Sendable {
    /// All of them, ascending by name.
    func outsideTables() throws -> [OutsideTable]
}
