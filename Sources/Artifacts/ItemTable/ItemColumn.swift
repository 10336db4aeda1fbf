import MagpieDomain

/// One attribute of all items.
public enum ItemColumn: Sendable {
    case keyword(KeywordColumn)
    case keywords(KeywordColumn)
    case text(TextColumn)
    /// `values` f64 [n]; NaN = absent.
    case number(Tensor<Double>)
    /// `values` U8 [n]; 0 = false, 1 = true, 2 = absent.
    case bool(Tensor<UInt8>)
    case time(TimeColumn)
    /// `values` f64 [n, 2]; NaN = absent.
    case geo(Tensor<Double>)
    case vector(VectorColumn)

    init(_ file: TensorFile, name: String, type: AttributeType, count: Int) throws {
        let prefix = Self.prefix(name)
        switch type {
        case .keyword: self = .keyword(try KeywordColumn(file, prefix, count: count))
        case .keywords: self = .keywords(try KeywordColumn(file, prefix, count: count))
        case .text: self = .text(try TextColumn(file, prefix, count: count))
        case .number: self = .number(try file.tensor(prefix + "values", shape: [count]))
        case .bool: self = .bool(try file.tensor(prefix + "values", shape: [count]))
        case .time: self = .time(try TimeColumn(file, prefix, count: count))
        case .geo: self = .geo(try file.tensor(prefix + "values", shape: [count, 2]))
        case .vector(let dimension):
            self = .vector(try VectorColumn(file, prefix, count: count, dimension: dimension))
        }
    }

    /// What the names of a column's tensors begin with. The last part never holds a "/", so that the attributes
    /// "a" and "a/values" cannot meet.
    static func prefix(_ name: String) -> String { "attribute/\(name)/" }

    func value(of item: Int) -> AttributeValue? {
        switch self {
        case .keyword(let column): return column.words(of: item).first.map { .keyword($0) }
        case .keywords(let column):
            let words = column.words(of: item)
            return words.isEmpty ? nil : .keywords(words)
        case .text(let column): return column.text(of: item).map { .text($0) }
        case .number(let values): return values[item].isNaN ? nil : .number(values[item])
        case .bool(let values): return values[item] > 1 ? nil : .bool(values[item] == 1)
        case .time(let column): return column.time(of: item).map { .time($0) }
        case .geo(let values):
            let (latitude, longitude) = (values[2 * item], values[2 * item + 1])
            return latitude.isNaN || longitude.isNaN ? nil : .geo(latitude: latitude, longitude: longitude)
        case .vector(let column): return column.vector(of: item).map { .vector($0) }
        }
    }
}

/// Words of a dictionary, some for each item (keyword: at most one).
///
///     dictionary   strings [m]   ascending by bytes, each once
///     offsets      I64 [n + 1]   item i has values[offsets[i] ..< offsets[i + 1]]
///     values       U32           numbers of the dictionary, in the order the caller gave, each once an item
public struct KeywordColumn: Sendable {
    public let dictionary: StringTable
    public let offsets: Tensor<Int64>
    public let values: Tensor<UInt32>

    init(_ file: TensorFile, _ prefix: String, count: Int) throws {
        dictionary = try file.strings(prefix + "dictionary")
        offsets = try file.tensor(prefix + "offsets", shape: [count + 1])
        values = try file.tensor(prefix + "values", shape: [nil])
        try file.checkOffsets(offsets, name: prefix + "offsets", end: values.count)
        try file.checkIndices(values, name: prefix + "values", below: dictionary.count)
    }

    /// Where in ``values`` the words of an item stand.
    @inlinable public func range(of item: Int) -> Range<Int> { Int(offsets[item])..<Int(offsets[item + 1]) }

    public func words(of item: Int) -> [String] { range(of: item).map { dictionary[Int(values[$0])] } }
}

/// `texts` strings [n], `present` U8 [n] (0 = absent, and its text is empty).
public struct TextColumn: Sendable {
    public let texts: StringTable
    public let present: Tensor<UInt8>

    init(_ file: TensorFile, _ prefix: String, count: Int) throws {
        texts = try file.strings(prefix + "texts")
        guard texts.count == count else {
            throw file.wrongTensor(prefix + "texts", got: "\(texts.count) texts", expected: "\(count)")
        }
        present = try file.tensor(prefix + "present", shape: [count])
    }

    public func text(of item: Int) -> String? { present[item] == 0 ? nil : texts[item] }
}

/// `values` I64 [n], milliseconds; `present` U8 [n] (0 = absent).
public struct TimeColumn: Sendable {
    public let values: Tensor<Int64>
    public let present: Tensor<UInt8>

    init(_ file: TensorFile, _ prefix: String, count: Int) throws {
        values = try file.tensor(prefix + "values", shape: [count])
        present = try file.tensor(prefix + "present", shape: [count])
    }

    @inlinable public func time(of item: Int) -> Timestamp? {
        present[item] == 0 ? nil : Timestamp(milliseconds: values[item])
    }
}

/// `values` f32 [n, d], rows of absent ones all 0; `present` U8 [n] (0 = absent).
public struct VectorColumn: Sendable {
    public let dimension: Int
    public let values: Tensor<Float>
    public let present: Tensor<UInt8>

    init(_ file: TensorFile, _ prefix: String, count: Int, dimension: Int) throws {
        self.dimension = dimension
        values = try file.tensor(prefix + "values", shape: [count, dimension])
        present = try file.tensor(prefix + "present", shape: [count])
    }

    public func vector(of item: Int) -> [Float]? {
        guard present[item] != 0 else { return nil }
        return values.withUnsafeBufferPointer { Array($0[item * dimension..<(item + 1) * dimension]) }
    }
}
