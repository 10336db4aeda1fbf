import Foundation

/// Comma-separated values after RFC 4180, and tab-separated ones by the same rules.
///
///     userId,movieId,rating,timestamp
///     1,31,2.5,1260759144
///     1,"a ""quoted"", field",3.0,1260759179
///
/// - A field that begins with a quote ends with one; inside, `""` is a quote, and separators and line ends are text.
///   A quote further on in a field stands for itself.
/// - Lines end with LF or CR LF; empty lines are skipped; a byte order mark is dropped. UTF-8 only.
/// - Every row has as many fields as the header. A file without a header is given one by the caller.
///
/// Fields are bytes in the reader's window until the next call of ``next()``: no text is made of what nobody asks.
public final class CSVReader {
    public private(set) var header: [String]
    /// The line on which the current row begins, from 1.
    public private(set) var line = 0

    private let window: FileWindow
    private let separator: UInt8
    private var nextLine = 1
    private var fields: [Field] = []
    private var rowLength = 0
    private var row = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

    private struct Field {
        var start: Int
        var end: Int
        /// Whether the text holds doubled quotes.
        var isEscaped = false
    }

    /// - Parameters:
    ///   - separator: nil takes a tab for `.tsv` and `.tab`, a comma otherwise.
    ///   - header: the names of the columns of a file that does not have them in its first line.
    public init(_ url: URL, separator: UInt8? = nil, header: [String]? = nil) throws {
        window = try FileWindow(url)
        let isTabbed = ["tsv", "tab"].contains(url.pathExtension.lowercased())
        self.separator = separator ?? UInt8(ascii: isTabbed ? "\t" : ",")
        self.header = []
        _ = try window.readMore()
        let start = window.unread.prefix(3)
        if start.elementsEqual([0xEF, 0xBB, 0xBF]) { window.consume(3) }
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
            throw FormatError.badHeader(file: window.name, problem: "the file is UTF-16: convert it to UTF-8 first")
        }
        if let header {
            self.header = header
        } else {
            guard try parseHeader() else {
                throw FormatError.badHeader(
                    file: window.name,
                    problem: "the file is empty: the first line should name the columns")
            }
            self.header = try fields.indices.map { column in
                guard let name = String(validating: bytes(column), as: UTF8.self) else {
                    throw FormatError.badHeader(
                        file: window.name,
                        problem: "the header is not UTF-8 text: is this a CSV file? convert it to UTF-8")
                }
                return name.trimmingCharacters(in: .whitespaces)
            }
        }
        if let name = Dictionary(grouping: self.header, by: { $0 }).filter({ $0.value.count > 1 }).keys.min() {
            throw FormatError.badHeader(
                file: window.name, problem: "two columns are named \"\(name)\": rename one of them")
        }
    }

    public var file: String { window.name }
    public var bytesRead: Int { window.bytesRead }

    /// Moves to the next row; false at the end.
    public func next() throws -> Bool {
        guard try parse() else { return false }
        guard fields.count == header.count else {
            throw badRow(
                "the row has \(fields.count) \(fields.count == 1 ? "field" : "fields"), expected \(header.count)")
        }
        return true
    }

    /// The bytes of a field of the current row, unquoted.
    public func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        let field = fields[column]
        let raw = UnsafeBufferPointer(rebasing: row[field.start..<field.end])
        guard field.isEscaped else { return raw }
        // Rare enough to make a copy, which lives as long as the row.
        var copy: [UInt8] = []
        var isSecondQuote = false
        for byte in raw {
            isSecondQuote = byte == quote && !isSecondQuote
            if !isSecondQuote { copy.append(byte) }
        }
        return keep(copy)
    }

    public func isEmpty(_ column: Int) -> Bool { fields[column].start == fields[column].end }

    public func text(_ column: Int) throws -> String {
        guard let text = String(validating: bytes(column), as: UTF8.self) else {
            throw badRow("\(columnName(column)) is not UTF-8")
        }
        return text
    }

    /// An error about the current row.
    public func badRow(_ problem: String) -> FormatError {
        let text = String(decoding: row, as: UTF8.self)
        return .badRow(BadRow(file: file, line: line, problem: problem, text: text))
    }

    public func columnName(_ column: Int) -> String {
        header.indices.contains(column) ? "column \"\(header[column])\"" : "column \(column + 1)"
    }

    // MARK: Parsing

    private let quote = UInt8(ascii: "\"")
    private var keptCopies: [UnsafeMutableBufferPointer<UInt8>] = []

    private func keep(_ bytes: [UInt8]) -> UnsafeBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        keptCopies.append(copy)
        return UnsafeBufferPointer(copy)
    }

    private func dropCopies() {
        for copy in keptCopies { copy.deallocate() }
        keptCopies.removeAll(keepingCapacity: true)
    }

    deinit { dropCopies() }

    private enum Outcome {
        case row(length: Int, lines: Int)
        /// The window ends within the row.
        case incomplete(isQuoted: Bool)
        case brokenQuote(length: Int, column: Int)
    }

    /// Nothing can be read without the header, so what is wrong in it is no row to set aside.
    private func parseHeader() throws -> Bool {
        do { return try parse() } catch FormatError.badRow(let row) {
            throw FormatError.badHeader(file: row.file, problem: row.problem + ": correct the header")
        }
    }

    /// Finds the next row that is not empty; false at the end.
    private func parse() throws -> Bool {
        if !keptCopies.isEmpty { dropCopies() }
        window.consume(rowLength)
        rowLength = 0
        while true {
            line = nextLine
            switch scan(window.unread) {
            case .row(let length, let lines):
                nextLine += lines
                if fields.count == 1, fields[0].start == fields[0].end, fields[0].start == 0 {
                    window.consume(length)
                    continue
                }
                take(length)
                return true
            case .brokenQuote(let length, let column):
                nextLine += 1
                take(length)
                throw badRow("\(columnName(column)): text after the closing quote")
            case .incomplete(let isQuoted):
                if window.unread.count > FileWindow.longestRow {
                    throw unclosed(isQuoted)
                }
                if try window.readMore() { continue }
                if window.unread.isEmpty { return false }
                if isQuoted { throw unclosed(true) }
                // The last line has no line end.
                let rest = window.unread
                var last = Field(start: fieldStart, end: rest.count)
                if let closed = closedField { last = closed }
                if rest.last == 13, closedField == nil, last.end > last.start { last.end -= 1 }
                fields.append(last)
                take(rest.count)
                if fields.count == 1, last.start == last.end, last.start == 0 { return false }
                return true
            }
        }
    }

    private func unclosed(_ isQuoted: Bool) -> FormatError {
        .unreadable(
            file: file, line: line,
            problem: isQuoted
                ? "a quote is opened and not closed: close it, or double a quote that is text"
                : "the line is longer than \(FileWindow.longestRow >> 20) MB: is this a text file?")
    }

    private func take(_ length: Int) {
        rowLength = length
        var text = UnsafeBufferPointer(rebasing: window.unread[..<length])
        if text.last == 10 { text = UnsafeBufferPointer(rebasing: text.dropLast()) }
        if text.last == 13 { text = UnsafeBufferPointer(rebasing: text.dropLast()) }
        row = text
    }

    // What `scan` knows of the field at the window's end.
    private var fieldStart = 0
    private var closedField: Field?

    /// Splits the row at the front of `bytes` into ``fields``.
    private func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Outcome {
        // A local array, so that each append is no checked access to this object.
        var fields = self.fields
        self.fields = []
        defer { self.fields = fields }
        fields.removeAll(keepingCapacity: true)
        closedField = nil
        var fieldStart = 0
        defer { self.fieldStart = fieldStart }
        let separator: UInt8 = self.separator
        let quote: UInt8 = self.quote
        let count = bytes.count
        var lines = 1
        var at = 0
        while true {
            fieldStart = at
            if at < count, bytes[at] == quote {
                var field = Field(start: at + 1, end: 0)
                at += 1
                quoted: while true {
                    guard at < count else { return .incomplete(isQuoted: true) }
                    if bytes[at] == 10 { lines += 1 }
                    if bytes[at] != quote {
                        at += 1
                    } else if at + 1 < count, bytes[at + 1] == quote {
                        field.isEscaped = true
                        at += 2
                    } else {
                        break quoted
                    }
                }
                field.end = at
                at += 1
                closedField = field
                guard at < count else { return .incomplete(isQuoted: false) }
                if bytes[at] == 13 {
                    guard at + 1 < count else { return .incomplete(isQuoted: false) }
                    if bytes[at + 1] == 10 { at += 1 }
                }
                closedField = nil
                fields.append(field)
                if bytes[at] == 10 { return .row(length: at + 1, lines: lines) }
                guard bytes[at] == separator else {
                    let column = fields.count - 1
                    while at < count, bytes[at] != 10 { at += 1 }
                    return .brokenQuote(length: min(at + 1, count), column: column)
                }
                at += 1
            } else {
                while at < count, bytes[at] != separator, bytes[at] != 10 { at += 1 }
                guard at < count else { return .incomplete(isQuoted: false) }
                if bytes[at] == separator {
                    fields.append(Field(start: fieldStart, end: at))
                    at += 1
                } else {
                    let end = at > fieldStart && bytes[at - 1] == 13 ? at - 1 : at
                    fields.append(Field(start: fieldStart, end: end))
                    return .row(length: at + 1, lines: lines)
                }
            }
        }
    }
}
