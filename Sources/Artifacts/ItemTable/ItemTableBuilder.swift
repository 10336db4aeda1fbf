import Foundation
import MagpieDomain

extension ItemTable {
    /// Writes the items of a catalogue, in any order, as one file. `schema` names every attribute to keep; of
    /// others nothing is written. An empty list of keywords and a NaN are written as absent.
    ///
    /// Throws ``CatalogueError/keyCollision(_:_:)`` when two ids (or one id twice) share a key,
    /// ``CatalogueError/typeChange(attribute:got:expected:)`` for a value that is not of its attribute's type,
    /// ``ArtifactError/cannotWrite(path:got:)``.
    public static func write(_ items: [Entry<Item>], schema: [String: AttributeType], to url: URL) throws {
        try ItemTableBuilder(items).write(schema: schema, to: url)
    }
}

/// Turns rows into the columns of an ``ItemTable``, one attribute at a time.
struct ItemTableBuilder {
    private let items: [Entry<Item>]

    init(_ items: [Entry<Item>]) {
        precondition(items.count < Int(UInt32.max), "\(items.count) items in one table")
        let isAscending = zip(items, items.dropFirst()).allSatisfy { $0.id < $1.id }
        self.items = isAscending ? items : items.sorted { $0.id < $1.id }
    }

    /// Keys are well mixed, so their top bits are the hash.
    static func slot(of key: ItemKey, count: Int) -> Int {
        let bits = count.trailingZeroBitCount
        return bits == 0 ? 0 : Int(key.raw >> UInt64(64 - bits))
    }

    func write(schema: [String: AttributeType], to url: URL) throws {
        let attributes = schema.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var metadata = ["attributes": String(attributes.count)]
        for (i, attribute) in attributes.enumerated() {
            metadata["attribute.\(i).name"] = attribute.key
            metadata["attribute.\(i).type"] = attribute.value.description
        }
        var writer = TensorFileWriter(kind: ItemTable.kind, layout: ItemTable.layout, metadata: metadata)
        writer.add("ids", strings: items.map(\.id.string))
        let keys = items.map(\.id.key)
        writer.add("keys", keys.map(\.raw))
        writer.add("slots", try slots(keys))
        for (name, type) in attributes { try add(name, type, to: &writer) }
        try writer.write(to: url)
    }

    private func slots(_ keys: [ItemKey]) throws -> [UInt32] {
        var count = 2
        while count < 2 * keys.count { count *= 2 }
        var slots = [UInt32](repeating: 0, count: count)
        for (row, key) in keys.enumerated() {
            var slot = Self.slot(of: key, count: count)
            while slots[slot] != 0 {
                let other = Int(slots[slot]) - 1
                guard keys[other] != key else {
                    throw CatalogueError.keyCollision(items[other].id.string, items[row].id.string)
                }
                slot = (slot + 1) & (count - 1)
            }
            slots[slot] = UInt32(row + 1)
        }
        return slots
    }

    private func add(_ name: String, _ type: AttributeType, to writer: inout TensorFileWriter) throws {
        let prefix = ItemColumn.prefix(name)
        switch type {
        case .keyword:
            addWords(
                prefix, to: &writer,
                try column(name, type) { if case .keyword(let word) = $0 { [word] } else { nil } })
        case .keywords:
            addWords(
                prefix, to: &writer,
                try column(name, type) { if case .keywords(let words) = $0 { words } else { nil } })
        case .text:
            let texts = try column(name, type) { if case .text(let text) = $0 { text } else { nil } }
            writer.add(prefix + "texts", strings: texts.map { $0 ?? "" })
            writer.add(prefix + "present", presence(texts))
        case .number:
            let values = try column(name, type) { if case .number(let value) = $0 { value } else { nil } }
            writer.add(prefix + "values", values.map { $0 ?? .nan })
        case .bool:
            let values = try column(name, type) { if case .bool(let value) = $0 { value } else { nil } }
            writer.add(prefix + "values", values.map { $0.map { $0 ? 1 : 0 } ?? 2 as UInt8 })
        case .time:
            let times = try column(name, type) { if case .time(let time) = $0 { time } else { nil } }
            writer.add(prefix + "values", times.map { $0?.milliseconds ?? 0 })
            writer.add(prefix + "present", presence(times))
        case .geo:
            let places = try column(name, type) { value -> [Double]? in
                if case .geo(let latitude, let longitude) = value { [latitude, longitude] } else { nil }
            }
            writer.add(prefix + "values", places.flatMap { $0 ?? [.nan, .nan] }, shape: [items.count, 2])
        case .vector(let dimension):
            let vectors = try column(name, type) { if case .vector(let vector) = $0 { vector } else { nil } }
            var values: [Float] = []
            values.reserveCapacity(items.count * dimension)
            let zeros = [Float](repeating: 0, count: dimension)
            for vector in vectors { values.append(contentsOf: vector ?? zeros) }
            writer.add(prefix + "values", values, shape: [items.count, dimension])
            writer.add(prefix + "present", presence(vectors))
        }
    }

    /// The attribute of every item, nil where it is absent.
    private func column<Value>(
        _ name: String, _ type: AttributeType, _ unwrap: (AttributeValue) -> Value?
    ) throws -> [Value?] {
        try items.map { item in
            guard let value = item.attributes[name] else { return nil }
            guard type.accepts(value), let unwrapped = unwrap(value) else {
                throw CatalogueError.typeChange(attribute: name, got: value.type, expected: type)
            }
            return unwrapped
        }
    }

    private func presence<Value>(_ values: [Value?]) -> [UInt8] { values.map { $0 == nil ? 0 : 1 } }

    /// A dictionary and, for each item, which of its words. By bytes: composed and decomposed "é" are two words.
    private func addWords(_ prefix: String, to writer: inout TensorFileWriter, _ words: [[String]?]) {
        var seen: Set<PredicateText> = []
        for list in words { for word in list ?? [] { seen.insert(PredicateText(word)) } }
        let dictionary = seen.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var numbers: [PredicateText: UInt32] = [:]
        for (number, word) in dictionary.enumerated() { numbers[PredicateText(word)] = UInt32(number) }
        var offsets: [Int64] = [0]
        var values: [UInt32] = []
        for list in words {
            let begin = values.count
            for word in list ?? [] {
                guard let number = numbers[PredicateText(word)], !values[begin...].contains(number) else { continue }
                values.append(number)
            }
            offsets.append(Int64(values.count))
        }
        writer.add(prefix + "dictionary", strings: dictionary)
        writer.add(prefix + "offsets", offsets)
        writer.add(prefix + "values", values)
    }
}
