import Foundation
import MagpieDomain
import MagpieFormats
import MagpieRetrieval

/// Ids and texts of a file: TSV (id, a tab, the text) or JSON Lines.
struct TextInput {
    struct Row {
        var id: String
        /// Names and texts; of TSV there is one without a name.
        var fields: [(name: String, text: String)]

        /// What a query asks: all of it.
        var text: String { fields.map(\.text).joined(separator: " ") }
        var title: String { fields.first { $0.name == ReservedAttribute.title }?.text ?? fields.first?.text ?? "" }
    }

    let file: String
    private(set) var rows: [Row] = []

    /// Throws ``BenchError`` or ``FormatError``.
    init(_ path: String) throws {
        file = path
        let url = URL(fileURLWithPath: path)
        if FileKind.isJSONLines(url) { try readJSON(url) } else { try readTSV(url) }
        if rows.isEmpty { throw BenchError("\(path): no rows: expected an id, a tab and a text on each line") }
    }

    private mutating func readTSV(_ url: URL) throws {
        let bytes = try Self.bytes(url)
        var line = 0
        bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                line += 1
                var end = start
                while end < bytes.count, bytes[end] != 10 { end += 1 }
                var tab = start
                while tab < end, bytes[tab] != 9 { tab += 1 }
                if end > start {
                    let text = tab < end ? String(decoding: bytes[(tab + 1)..<end], as: UTF8.self) : ""
                    rows.append(
                        Row(id: String(decoding: bytes[start..<tab], as: UTF8.self), fields: [("", text)]))
                }
                start = end + 1
            }
        }
    }

    private mutating func readJSON(_ url: URL) throws {
        let reader = try JSONLinesReader(url)
        while let json = try reader.next() {
            guard case .object(let members) = json else { throw reader.badRow("expected an object") }
            var row = Row(id: "", fields: [])
            for member in members {
                switch member.value {
                case .string(let text) where member.name == "id": row.id = text
                case .number(let number) where member.name == "id": row.id = Int(exactly: number).map(String.init) ?? ""
                case .string(let text): row.fields.append((member.name, text))
                case .array(let values):
                    let words = values.compactMap { if case .string(let word) = $0 { word } else { nil } }
                    row.fields.append((member.name, words.joined(separator: " ; ")))
                default: break
                }
            }
            guard !row.id.isEmpty else { throw reader.badRow("field \"id\" is missing") }
            rows.append(row)
        }
    }

    fileprivate static func bytes(_ url: URL) throws -> Data {
        do { return try Data(contentsOf: url) } catch {
            throw BenchError("\(url.path): cannot be read: check that it is a file, and its permissions")
        }
    }
}

/// Which documents answer a query, and how well: lines of query, 0, document, relevance.
struct TextJudgments {
    private(set) var gains: [String: [String: Double]] = [:]

    init(_ path: String) throws {
        let text = String(decoding: try TextInput.bytes(URL(fileURLWithPath: path)), as: UTF8.self)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let parts = line.split(whereSeparator: \.isWhitespace)
            if parts.isEmpty { continue }
            guard parts.count == 4, let gain = Double(parts[3]), gain.isFinite else {
                throw BenchError("\(path), line \(number + 1): expected a query, 0, a document and its relevance")
            }
            if gain > 0 { gains[String(parts[0]), default: [:]][String(parts[2])] = gain }
        }
        if gains.isEmpty { throw BenchError("\(path): nothing in it is relevant") }
    }

    /// ndcg@10 (gains as they are, as trec_eval has them), average precision and reciprocal rank at 10 of a list.
    func quality(_ list: [String], query: String) -> (ndcg: Double, ap: Double, mrr: Double)? {
        guard let gains = gains[query] else { return nil }
        func discount(_ place: Int) -> Double { 1 / log2(Double(place + 2)) }
        let ideal = gains.values.sorted(by: >).prefix(10).enumerated().reduce(0) {
            $0 + $1.element * discount($1.offset)
        }
        var (dcg, ap, mrr, hits) = (0.0, 0.0, 0.0, 0)
        for (place, id) in list.enumerated() {
            guard let gain = gains[id] else { continue }
            hits += 1
            ap += Double(hits) / Double(place + 1)
            if place < 10 {
                dcg += gain * discount(place)
                mrr = max(mrr, 1 / Double(place + 1))
            }
        }
        return (dcg / ideal, ap / Double(gains.count), mrr)
    }
}
