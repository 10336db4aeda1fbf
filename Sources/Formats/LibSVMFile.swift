import Foundation
import MagpieDomain

/// Judged rows, by request: what is learned to rank from, and what is ranked.
public struct JudgedRows: Sendable {
    /// By row: the grade, 0 = worthless. As the file has it.
    public var labels: [Float]
    /// Request r has the rows groups[r] ..< groups[r + 1].
    public var groups: [Int]
    /// Columns are named by their number in the file.
    public var features: FeatureMatrix

    public init(labels: [Float], groups: [Int], features: FeatureMatrix) {
        self.labels = labels
        self.groups = groups
        self.features = features
    }

    public var requestCount: Int { groups.count - 1 }
}

/// Text of learning-to-rank data: LibSVM's lines with `qid`, as LETOR, MSLR-WEB, Yahoo's sets, XGBoost and LightGBM have
/// them.
///
///     2 qid:10032 1:0.056537 2:0 4:1.5 # anything
///
/// The grade, the request, then `column:value` with ascending columns; what follows `#` is not read. Rows of a request stand
/// together. Columns count from 0 or 1: column n of the file is column n of the result, so that column 0 may be empty.
/// A column that a line does not name has the value `absent`: 0 by the meaning of the format (and for LightGBM), NaN for who
/// wants "not known" (as XGBoost reads it). Without `qid` a second file says how many rows each request has, one number a
/// line (LightGBM's `.query` and XGBoost's `.group` files).
public enum LibSVMFile {
    /// The matrix is dense: so many numbers at most.
    static let limit = 1 << 30
    static let columnLimit = 1_000_000

    /// - Parameter columns: at least so many, for a file whose last columns happen to be empty.
    /// Throws ``FormatError``.
    public static func read(
        _ url: URL, groups groupFile: URL? = nil, absent: Float = 0, columns: Int = 0
    ) throws -> JudgedRows {
        var reader = Reader(file: url.path)
        let bytes = try self.bytes(of: url)
        try bytes.withUnsafeBytes { try reader.read($0.bindMemory(to: UInt8.self)) }
        let rows = reader.labels.count
        let width = max(reader.width, columns)
        guard width <= columnLimit, rows * max(width, 1) <= limit else {
            throw FormatError.unreadable(
                file: url.path, line: rows,
                problem:
                    "\(rows) rows of \(width) columns are more than \(limit) numbers: number the columns without gaps")
        }
        let groups = try groupFile.map { try counts($0, rows: rows) } ?? reader.requests()
        var matrix = FeatureMatrix(names: (0..<width).map(String.init), rowCount: rows)
        if !absent.isNaN { matrix.values = [Float](repeating: absent, count: rows * width) }
        for row in 0..<rows {
            for entry in reader.begins[row]..<reader.begins[row + 1] {
                matrix[row, Int(reader.columns[entry])] = reader.values[entry]
            }
        }
        return JudgedRows(labels: reader.labels, groups: groups, features: matrix)
    }

    private static func bytes(of url: URL) throws -> Data {
        guard let data = try? Data(contentsOf: url) else {
            throw FormatError.cannotRead(file: url.path, reason: "cannot be read: check the path and its permissions")
        }
        return data
    }

    private static func counts(_ url: URL, rows: Int) throws -> [Int] {
        var groups = [0]
        let text = String(decoding: try bytes(of: url), as: UTF8.self)
        for (place, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let word = line.trimmingCharacters(in: .whitespaces)
            if word.isEmpty { continue }
            guard let count = Int(word), count >= 0, count <= rows - (groups.last ?? 0) else {
                throw FormatError.unreadable(
                    file: url.path, line: place + 1,
                    problem:
                        "got \"\(word)\", expected a number of rows of the \(rows - (groups.last ?? 0)) that are left")
            }
            groups.append((groups.last ?? 0) + count)
        }
        guard groups.last == rows else {
            throw FormatError.cannotRead(
                file: url.path,
                reason: "has \(groups.last ?? 0) rows, expected \(rows): give the file that belongs to the rows")
        }
        return groups
    }
}

/// The lines of one file.
private struct Reader {
    let file: String
    var labels: [Float] = []
    /// Row r has the entries begins[r] ..< begins[r + 1].
    var begins = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    var width = 0
    private var line = 0
    /// By row; empty = the file has none.
    private var queries: [Substring] = []
    private var seen: Set<Substring> = []

    init(file: String) { self.file = file }

    private func fail(_ problem: String) -> FormatError { .unreadable(file: file, line: line, problem: problem) }

    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        var at = 0
        while at < bytes.count {
            line += 1
            var end = at
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            try row(UnsafeBufferPointer(rebasing: bytes[at..<end]))
            at = end + 1
        }
        guard queries.isEmpty || queries.count == labels.count else {
            throw fail("\(queries.count) of \(labels.count) rows have a qid: give all of them one")
        }
    }

    private mutating func row(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
        var at = 0
        var words = 0
        var last = -1
        while at < bytes.count {
            while at < bytes.count, isSpace(bytes[at]) { at += 1 }
            guard at < bytes.count, bytes[at] != UInt8(ascii: "#") else { break }
            var end = at
            while end < bytes.count, !isSpace(bytes[end]), bytes[end] != UInt8(ascii: "#") { end += 1 }
            let word = UnsafeBufferPointer(rebasing: bytes[at..<end])
            at = end
            words += 1
            if words == 1 {
                guard let label = FieldText.double(word), label >= 0, label <= 31 else {
                    throw fail("got the grade \"\(text(word))\", expected a number from 0 to 31")
                }
                labels.append(Float(label))
            } else if words == 2, word.starts(with: "qid:".utf8) {
                try query(text(word).dropFirst(4))
            } else {
                last = try entry(word, after: last)
            }
        }
        if words > 0 { begins.append(columns.count) }
    }

    private func text(_ word: UnsafeBufferPointer<UInt8>) -> String { String(decoding: word, as: UTF8.self) }

    /// Rows of a request stand together.
    private mutating func query(_ name: Substring) throws {
        guard queries.count == labels.count - 1 else { throw fail("a qid, and none in the rows before: give all one") }
        if queries.last != name, !seen.insert(name).inserted {
            throw fail("request \(name) begins again: sort the rows by qid")
        }
        queries.append(name)
    }

    private mutating func entry(_ word: UnsafeBufferPointer<UInt8>, after last: Int) throws -> Int {
        guard let colon = word.firstIndex(of: UInt8(ascii: ":")),
            let column = FieldText.int64(UnsafeBufferPointer(rebasing: word[..<colon])),
            let value = FieldText.double(UnsafeBufferPointer(rebasing: word[(colon + 1)...]))
        else { throw fail("got \"\(text(word))\", expected column:value") }
        guard column > last, column < LibSVMFile.columnLimit else {
            throw fail("column \(column) after \(last), expected ascending ones below \(LibSVMFile.columnLimit)")
        }
        columns.append(UInt32(column))
        values.append(Float(value))
        width = max(width, Int(column) + 1)
        return Int(column)
    }

    /// Runs of one qid; without any, the whole is one request.
    func requests() -> [Int] {
        guard !queries.isEmpty else { return labels.isEmpty ? [0] : [0, labels.count] }
        var groups = [0]
        for row in 1..<max(queries.count, 1) where queries[row] != queries[row - 1] { groups.append(row) }
        return groups + [queries.count]
    }
}
