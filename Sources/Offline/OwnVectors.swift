import Foundation
import MagpieDomain
import MagpieFormats
import MagpieRetrieval

/// A caller's own vectors as the source of embeddings: two towers, a sentence encoder, whatever gives numbers.
public enum OwnVectors {
    public struct Options: Codable, Sendable, Hashable {
        /// The file with the items' vectors (``NamedVectors``), from the folder where the program runs.
        public var items = ""
        /// The file with their vectors as what a history is made of; empty: the same. A user's query is the weighted mean
        /// of these over the history, and an item's score is its inner product with the item's vector.
        public var queries = ""

        public init() {}
    }

    /// Changes when a file does.
    static func fingerprint(_ options: Options) throws -> String {
        try [options.items, options.queries].filter { !$0.isEmpty }.map { path in
            let vectors = try NamedVectors(URL(fileURLWithPath: path))
            let hashes = [
                vectors.vectors.withUnsafeBufferPointer { StableHash.xxh64(UnsafeRawBufferPointer($0)) },
                StableHash.xxh64(vectors.ids.joined(separator: "\n")), UInt64(vectors.vectors.dimension),
            ]
            return hashes.map { String($0, radix: 16) }.joined(separator: "-")
        }.joined(separator: " ")
    }

    /// The vectors in the order of the items; ids that are no item's are left out.
    /// - Throws: ``FormatError``, or ``OwnVectorsError`` when the files do not fit each other or the items.
    static func model(_ options: Options, items: [ItemID]) throws -> (EmbeddingModel, summary: String) {
        let outputs = try NamedVectors(URL(fileURLWithPath: options.items))
        let inputs = options.queries.isEmpty ? outputs : try NamedVectors(URL(fileURLWithPath: options.queries))
        let d = outputs.vectors.dimension
        guard inputs.vectors.dimension == d else {
            throw OwnVectorsError.dimensions(
                items: options.items, got: d, queries: options.queries, expected: inputs.vectors.dimension)
        }
        let inputRow = rows(inputs)
        let outputRow = rows(outputs)
        var model = EmbeddingModel(
            dimension: d, input: [Float](repeating: 0, count: items.count * d),
            output: [Float](repeating: 0, count: items.count * d), counts: [Int64](repeating: 0, count: items.count))
        var placed = 0
        for (item, id) in items.enumerated() {
            guard let input = inputRow[id], let output = outputRow[id] else { continue }
            model.input.replaceSubrange(item * d..<(item + 1) * d, with: inputs.vectors.row(input))
            model.output.replaceSubrange(item * d..<(item + 1) * d, with: outputs.vectors.row(output))
            model.counts[item] = 1
            placed += 1
        }
        guard placed > 0 || items.isEmpty else {
            throw OwnVectorsError.noItem(file: options.items, example: outputs.ids[0], item: items[0].string)
        }
        return (model, "\(placed) of \(items.count) items have a vector of their own, \(d) dimensions")
    }

    private static func rows(_ vectors: NamedVectors) -> [ItemID: Int] {
        var rows: [ItemID: Int] = [:]
        for (row, id) in vectors.ids.enumerated() { rows[ItemID(id)] = row }
        return rows
    }
}

public enum OwnVectorsError: Error, Equatable, CustomStringConvertible {
    case dimensions(items: String, got: Int, queries: String, expected: Int)
    case noItem(file: String, example: String, item: String)

    public var description: String {
        switch self {
        case .dimensions(let items, let got, let queries, let expected):
            "\(items) has \(got) coordinates a vector and \(queries) \(expected): give two of one model"
        case .noItem(let file, let example, let item):
            "\(file): none of its ids (the first is \"\(example)\") is an item of this home (such as \"\(item)\"): "
                + "write the ids as they were imported"
        }
    }
}
