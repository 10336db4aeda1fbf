import Foundation
import MagpieDomain

/// The items of one bundle, as columns: which rows there are, what they are called, what is known of each.
///
/// Row numbers (``ItemIndex``) are given in ascending order of the ids' bytes. A file of kind "items", layout 1:
///
///     ids                              strings [n]     ascending by bytes, each once
///     keys                             U64 [n]         the 64-bit key of each id
///     slots                            U32 [2^b]       hash table of keys: row + 1, or 0; slot = key's top b bits,
///                                                      then the next ones; 2^b >= 2 n
///     metadata                         "attributes" = a; "attribute.<i>.name", "attribute.<i>.type" for i < a,
///                                      ascending by name, types in the notation of AttributeType
///     attribute/<name>/...             the columns, see ``KeywordColumn`` and its neighbours
///
/// Opening checks every number that is followed into memory, in one pass over the offsets and values.
public final class ItemTable: Sendable {
    public static let kind = "items"
    public static let layout = 1

    /// The number of items, n.
    public let count: Int
    /// Names and types of the attributes, ascending by the bytes of the name.
    public let attributes: [(name: String, type: AttributeType)]
    private let columns: [String: ItemColumn]
    private let ids: StringTable
    private let keys: Tensor<UInt64>
    private let slots: Tensor<UInt32>
    private let titles: TextColumn?

    /// Throws ``ArtifactError``.
    public init(_ url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: 1...Self.layout)
        ids = try file.strings("ids")
        count = ids.count
        guard count < Int(UInt32.max) else {
            throw file.outOfRange("ids.offsets", got: "\(count) items", expected: "less than \(UInt32.max)")
        }
        keys = try file.tensor("keys", shape: [count])
        slots = try file.tensor("slots", shape: [nil])
        guard slots.count.nonzeroBitCount == 1, slots.count > count else {
            throw file.wrongTensor("slots", got: "\(slots.count) slots", expected: "a power of 2 above \(count)")
        }
        try file.checkIndices(slots, name: "slots", below: count + 1)
        attributes = try Self.schema(of: file)
        var columns: [String: ItemColumn] = [:]
        for (name, type) in attributes {
            columns[name] = try ItemColumn(file, name: name, type: type, count: count)
        }
        self.columns = columns
        if case .text(let column) = columns[ReservedAttribute.title] { titles = column } else { titles = nil }
    }

    private static func schema(of file: TensorFile) throws -> [(name: String, type: AttributeType)] {
        let word = try file.requiredMetadata("attributes")
        guard let columnCount = Int(word), (0...100_000).contains(columnCount) else {
            throw file.outOfRange("__metadata__", got: "\(oneLine(word)) attributes", expected: "0 to 100000")
        }
        var schema: [(name: String, type: AttributeType)] = []
        for i in 0..<columnCount {
            let name = try file.requiredMetadata("attribute.\(i).name")
            let notation = try file.requiredMetadata("attribute.\(i).type")
            guard let type = AttributeType(notation) else {
                throw file.outOfRange(
                    "__metadata__", got: "the attribute type \(oneLine(notation))", expected: "one of AttributeType")
            }
            guard schema.last.map({ $0.name.utf8.lexicographicallyPrecedes(name.utf8) }) ?? true else {
                throw file.outOfRange("__metadata__", got: "\(oneLine(name))", expected: "names in ascending order")
            }
            schema.append((name, type))
        }
        return schema
    }

    public var schema: [String: AttributeType] {
        Dictionary(attributes.map { ($0.name, $0.type) }, uniquingKeysWith: { _, last in last })
    }

    /// The caller's id of a row, which must be below ``count``.
    public func id(of item: ItemIndex) -> ItemID { ItemID(ids[Int(item)]) }

    public func key(of item: ItemIndex) -> ItemKey { ItemKey(keys[Int(item)]) }

    /// The keys of rows that must be below ``count``.
    public func keys(of items: [ItemIndex]) -> [ItemKey] {
        keys.withUnsafeBufferPointer { keys in items.map { ItemKey(keys[Int($0)]) } }
    }

    /// The row of an id; nil when this bundle does not know it.
    public func index(of id: ItemID) -> ItemIndex? {
        guard let item = index(of: id.key) else { return nil }
        var copy = id.string
        let isSame = copy.withUTF8 { wanted in ids.withBytes(Int(item)) { $0.elementsEqual(wanted) } }
        return isSame ? item : nil
    }

    /// The row of a key; nil when this bundle does not know it. About one cache line.
    public func index(of key: ItemKey) -> ItemIndex? {
        withExtendedLifetime((keys, slots)) {
            let slots = slots.pointer
            let keys = keys.pointer
            let mask = self.slots.count - 1
            var slot = ItemTableBuilder.slot(of: key, count: self.slots.count)
            // Ends after one turn even in a damaged table without an empty slot.
            for _ in 0...mask {
                let entry: UInt32 = slots[slot]
                if entry == 0 { return nil }
                if keys[Int(entry) - 1] == key.raw { return entry - 1 }
                slot = (slot + 1) & mask
            }
            return nil
        }
    }

    /// The rows of keys; nil where this bundle does not know one. Of a million items those of a request are in no cache: in loops
    /// that do nothing else the processor waits for many places at once.
    public func indices(of some: [ItemKey]) -> [ItemIndex?] {
        withExtendedLifetime((keys, slots)) {
            let slots: UnsafePointer<UInt32> = slots.pointer
            let keys: UnsafePointer<UInt64> = keys.pointer
            let entries = some.map { slots[ItemTableBuilder.slot(of: $0, count: self.slots.count)] }
            let found = entries.map { $0 == 0 ? 0 : keys[Int($0) - 1] }
            return some.indices.map { place in
                if entries[place] == 0 { return nil }
                return found[place] == some[place].raw ? entries[place] - 1 : index(of: some[place])
            }
        }
    }

    /// The column of an attribute; nil when no item has it.
    public func column(_ name: String) -> ItemColumn? { columns[name] }

    public func attribute(_ name: String, of item: ItemIndex) -> AttributeValue? {
        precondition(Int(item) < count, "item \(item) of \(count)")
        return columns[name]?.value(of: Int(item))
    }

    /// All that is known of an item.
    public func attributes(of item: ItemIndex) -> [String: AttributeValue] {
        var values: [String: AttributeValue] = [:]
        for (name, _) in attributes { values[name] = attribute(name, of: item) }
        return values
    }

    public func title(of item: ItemIndex) -> String? {
        precondition(Int(item) < count, "item \(item) of \(count)")
        return titles?.text(of: Int(item))
    }
}

// Columns for hot paths: nil when there is no such attribute, or it has another type.
extension ItemTable {
    public func keywords(_ name: String) -> KeywordColumn? {
        switch columns[name] {
        case .keyword(let column), .keywords(let column): column
        default: nil
        }
    }

    public func text(_ name: String) -> TextColumn? {
        if case .text(let column) = columns[name] { column } else { nil }
    }

    /// f64 [n]; NaN = absent.
    public func number(_ name: String) -> Tensor<Double>? {
        if case .number(let values) = columns[name] { values } else { nil }
    }

    /// U8 [n]; 0 = false, 1 = true, 2 = absent.
    public func bool(_ name: String) -> Tensor<UInt8>? {
        if case .bool(let values) = columns[name] { values } else { nil }
    }

    public func time(_ name: String) -> TimeColumn? {
        if case .time(let column) = columns[name] { column } else { nil }
    }

    /// f64 [n, 2], latitude and longitude in degrees; NaN = absent.
    public func geo(_ name: String) -> Tensor<Double>? {
        if case .geo(let values) = columns[name] { values } else { nil }
    }

    public func vector(_ name: String) -> VectorColumn? {
        if case .vector(let column) = columns[name] { column } else { nil }
    }
}
