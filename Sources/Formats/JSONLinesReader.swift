import Foundation
import MagpieDomain

/// JSON Lines: one JSON object a line, UTF-8; empty lines are skipped.
public final class JSONLinesReader {
    public private(set) var line = 0

    private let window: FileWindow
    private var text = ""

    public init(_ url: URL) throws {
        window = try FileWindow(url)
        _ = try window.readMore()
        if window.unread.prefix(3).elementsEqual([0xEF, 0xBB, 0xBF]) { window.consume(3) }
    }

    public var file: String { window.name }
    public var bytesRead: Int { window.bytesRead }

    /// The next object; nil at the end.
    public func next() throws -> JSONTree? {
        while true {
            let unread = window.unread
            let end = unread.firstIndex(of: 10)
            if end == nil {
                if unread.count > FileWindow.longestRow {
                    throw FormatError.unreadable(
                        file: file, line: line + 1,
                        problem:
                            "the line is longer than \(FileWindow.longestRow >> 20) MB: one object a line is expected")
                }
                if try window.readMore() { continue }
                if unread.isEmpty { return nil }
            }
            let bytes = UnsafeBufferPointer(rebasing: unread[..<(end ?? unread.count)])
            defer { window.consume(min(bytes.count + 1, unread.count)) }
            line += 1
            if bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
            text = String(
                decoding: bytes.last == 13 ? UnsafeBufferPointer(rebasing: bytes.dropLast()) : bytes, as: UTF8.self)
            do {
                let value = try JSONTree(bytes)
                guard case .object = value else { throw badRow("expected one JSON object") }
                return value
            } catch let error as JSONError {
                throw badRow("\(error)")
            }
        }
    }

    /// An error about the current line.
    public func badRow(_ problem: String) -> FormatError {
        .badRow(BadRow(file: file, line: line, problem: problem, text: text))
    }
}

/// Events in the API's own JSON, one a line: see ``EventJSON``.
public final class JSONEventReader: RowReader {
    private let lines: JSONLinesReader
    private let options: EventOptions
    private let source: String

    public init(_ url: URL, _ options: EventOptions = EventOptions()) throws {
        lines = try JSONLinesReader(url)
        self.options = options
        source = options.source ?? lines.file
    }

    public var bytesRead: Int { lines.bytesRead }
    public func badRow(_ problem: String) -> FormatError { lines.badRow(problem) }

    public func next() throws -> Event? {
        guard let json = try lines.next() else { return nil }
        do {
            return try EventJSON.event(
                json, source: source, kind: options.kind, timeUnit: options.timeUnit ?? .ms)
        } catch let problem as ValueProblem {
            throw lines.badRow(problem.description)
        }
    }
}
