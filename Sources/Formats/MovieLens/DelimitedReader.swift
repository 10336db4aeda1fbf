import Foundation

/// Lines of fields with a separator of one or more bytes between them, without quotes: the older MovieLens editions.
///
///     1::1193::5::978300760
///
/// Lines end with LF or CR LF; empty lines are skipped. A field that is not UTF-8 is read as Latin-1, in which every
/// byte is a character: the editions before 2009 are Latin-1, and hardly a title of those is valid UTF-8 by chance.
final class DelimitedReader {
    let columns: [String]
    /// The line of the current row, from 1.
    private(set) var line = 0

    private let window: FileWindow
    private let separator: [UInt8]
    private var rowLength = 0
    private var row = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var fields: [Range<Int>] = []

    /// - Parameter columns: the names of the fields of every row, for messages; a row with another number of fields
    ///   is a bad row.
    init(_ url: URL, separator: String, columns: [String]) throws {
        window = try FileWindow(url)
        self.separator = Array(separator.utf8)
        self.columns = columns
    }

    var file: String { window.name }
    var bytesRead: Int { window.bytesRead }

    /// Moves to the next row; false at the end.
    func next() throws -> Bool {
        while try nextLine() {
            if row.isEmpty { continue }
            split()
            guard fields.count == columns.count else {
                throw badRow(
                    "the row has \(fields.count) \(fields.count == 1 ? "field" : "fields") with "
                        + "\"\(String(decoding: separator, as: UTF8.self))\" between them, expected \(columns.count): "
                        + columns.joined(separator: ", "))
            }
            return true
        }
        return false
    }

    /// The bytes of a field of the current row, until the next call of ``next()``.
    func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: row[fields[column]]) }

    func text(_ column: Int) -> String { Self.text(bytes(column)) }

    /// The text of a field that must not be empty.
    func requiredText(_ column: Int) throws -> String {
        guard !fields[column].isEmpty else { throw badRow("column \"\(columns[column])\" is empty") }
        return text(column)
    }

    /// A number of a field that `read` understands.
    func value<Value>(
        _ column: Int, _ what: String, _ read: (UnsafeBufferPointer<UInt8>) -> Value?
    ) throws -> Value {
        guard let value = read(bytes(column)) else {
            throw badRow("column \"\(columns[column])\": \"\(text(column))\" is not \(what)")
        }
        return value
    }

    func badRow(_ problem: String) -> FormatError {
        .badRow(BadRow(file: file, line: line, problem: problem, text: Self.text(row)))
    }

    private static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private func nextLine() throws -> Bool {
        window.consume(rowLength)
        rowLength = 0
        line += 1
        var searched = 0
        while true {
            let unread = window.unread
            if let end = unread[searched...].firstIndex(of: 10) {
                take(unread, end, length: end + 1)
                return true
            }
            guard unread.count <= FileWindow.longestRow else {
                throw FormatError.unreadable(
                    file: file, line: line,
                    problem: "the line is longer than \(FileWindow.longestRow >> 20) MB: is this a text file?")
            }
            searched = unread.count
            if try window.readMore() { continue }
            let rest = window.unread
            take(rest, rest.count, length: rest.count)
            return !rest.isEmpty
        }
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int, length: Int) {
        let isPair = end > 0 && bytes[end - 1] == 13
        row = UnsafeBufferPointer(rebasing: bytes[..<(isPair ? end - 1 : end)])
        rowLength = length
    }

    private func split() {
        fields.removeAll(keepingCapacity: true)
        let first = separator[0]
        let width = separator.count
        var begin = 0
        var at = 0
        while at + width <= row.count {
            if row[at] == first, row[at..<at + width].elementsEqual(separator) {
                fields.append(begin..<at)
                at += width
                begin = at
            } else {
                at += 1
            }
        }
        fields.append(begin..<row.count)
    }
}
