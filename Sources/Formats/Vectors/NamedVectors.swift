import Foundation
import MagpieDomain

/// Vectors with the ids of what they stand for, as somebody's model left them.
///
/// | file | ids |
/// |---|---|
/// | `.npy` (or another of ``VectorFile``) | a text file beside it, `NAME.ids.txt` for `NAME.npy`: one a line, in the order of the rows |
/// | `.safetensors` | its tensor `ids` (whole numbers), or the strings `ids.bytes` and `ids.offsets`; the vectors are its tensor `vectors` |
public struct NamedVectors: Sendable {
    public let vectors: VectorSet
    /// One a row, no two alike.
    public let ids: [String]

    /// - Throws: ``FormatError`` that names the file and the remedy.
    public init(_ url: URL) throws {
        if url.pathExtension.lowercased() == "safetensors" {
            let file = try SafetensorsFile(MappedBytes(url))
            vectors = try file.vectors("vectors")
            ids = try file.strings("ids")
        } else {
            vectors = try VectorFile.vectors(url)
            ids = try Self.lines(of: url.deletingPathExtension().appendingPathExtension("ids.txt"), for: url)
        }
        try check()
    }

    private static func lines(of url: URL, for vectors: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw FormatError.cannotRead(
                file: url.path,
                reason: "no such file: write the ids of \(vectors.lastPathComponent) into it, one a line")
        }
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw FormatError.cannotRead(file: url.path, reason: "is not UTF-8, or cannot be opened")
        }
        // A carriage return before a line feed is one character with it.
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private func check() throws {
        func error(_ problem: String, at place: String = "") -> FormatError {
            .badVectors(file: vectors.name, place: place, problem: problem)
        }
        guard ids.count == vectors.count else {
            throw error("\(vectors.count) vectors and \(ids.count) ids: give one id a row")
        }
        var seen = Set<[UInt8]>()
        for (row, id) in ids.enumerated() where id.isEmpty || !seen.insert(Array(id.utf8)).inserted {
            throw error(id.isEmpty ? "an empty id" : "the id \"\(id)\" again: give each item one row", at: "row \(row)")
        }
        let bad = vectors.withUnsafeBufferPointer { all in
            all.firstIndex { !($0.magnitude < 1e15) }
        }
        if let bad {
            let place = "row \(bad / vectors.dimension), coordinate \(bad % vectors.dimension)"
            throw error("not a finite number below 1e15: look at what made it", at: place)
        }
    }
}
