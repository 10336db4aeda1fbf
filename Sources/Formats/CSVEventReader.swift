import Foundation
import MagpieDomain

/// How a file of events is to be read.
public struct EventOptions: Sendable {
    /// Field (``Event``'s JSON name) to column name, where the name does not tell.
    public var columns: [String: String] = [:]
    /// The columns of a file that has no header line.
    public var header: [String]?
    /// What happened, where no column says. A column named "rating" says "rating".
    public var kind: String?
    /// nil reads ISO 8601 and refuses numbers.
    public var timeUnit: TimeUnit?
    /// The column that says when we learned of the event; without one `receivedAt` is `time`.
    public var receivedAt: String?
    /// ``Event/source``; nil takes the file's name.
    public var source: String?
    /// nil goes by the file's extension.
    public var separator: UInt8?

    public init() {}
}

/// Events from a table with one row an event. Columns are known by convention (`user_id`, `movieId`, `rating`,
/// `timestamp`, ...) or by ``EventOptions/columns``; columns that are no field become `properties`, those named
/// `context.NAME` become `context`, as keywords. An empty cell is an absent value.
public final class CSVEventReader: RowReader {
    private let csv: CSVReader
    private let columns: EventColumns
    private let timeUnit: TimeUnit?
    private let source: String
    private let defaultKind: String?
    private var lastKind = ""
    private let hasRareFields: Bool

    public init(_ url: URL, _ options: EventOptions = EventOptions()) throws {
        let csv = try CSVReader(url, separator: options.separator, header: options.header)
        self.csv = csv
        timeUnit = options.timeUnit
        source = options.source ?? csv.file
        do {
            let columns = try EventColumns(header: csv.header, told: options.columns, receivedAt: options.receivedAt)
            self.columns = columns
            hasRareFields = columns.hasRareFields
            let isRating = columns[.value].map { csv.header[$0].lowercased() == "rating" } ?? false
            defaultKind = options.kind ?? (isRating ? "rating" : nil)
            try columns.check(header: csv.header, defaultKind: defaultKind)
        } catch let problem as ValueProblem {
            throw FormatError.badHeader(file: csv.file, problem: problem.description)
        }
    }

    public var bytesRead: Int { csv.bytesRead }
    public func badRow(_ problem: String) -> FormatError { csv.badRow(problem) }

    public func next() throws -> Event? {
        guard try csv.next() else { return nil }
        let kind = try kind()
        let userId = try text(.userId)
        let anonymousId = try text(.anonymousId)
        let itemId = try text(.itemId)
        if userId == nil, anonymousId == nil {
            throw csv.badRow(
                "\(name(columns[.userId] == nil ? .anonymousId : .userId)) is empty: every event needs a user")
        }
        if kind == Event.identifyKind {
            if userId == nil || anonymousId == nil {
                throw csv.badRow("an identify event needs both a user and an anonymous id")
            }
        } else if itemId == nil {
            throw csv.badRow("\(name(.itemId)) is empty: every event but identify needs an item")
        }
        guard let time = try self.time(.time) else {
            throw csv.badRow("\(name(.time)) is empty: every event needs a time")
        }
        var event = Event(
            kind: kind, userId: userId.map { UserID($0) }, anonymousId: anonymousId.map { UserID($0) },
            itemId: itemId.map { ItemID($0) }, value: try number(.value), time: time,
            receivedAt: try self.time(.receivedAt), source: source)
        if hasRareFields { try addTheRare(to: &event) }
        return event
    }

    private func addTheRare(to event: inout Event) throws {
        event.eventId = try text(.eventId) ?? ""
        event.sessionId = try text(.sessionId)
        event.quantity = try number(.quantity)
        event.unitPrice = try number(.unitPrice)
        event.currency = try text(.currency)
        if let id = try text(.requestId) {
            guard let id = RequestID(id) else { throw csv.badRow("\(name(.requestId)): \"\(id)\" is not a UUID") }
            event.requestId = id
        }
        if let column = filled(.position) {
            guard let position = FieldText.int64(csv.bytes(column)), position > 0 else {
                throw csv.badRow("\(name(.position)): \"\(try csv.text(column))\" is not a position (1, 2, ...)")
            }
            event.position = Int(position)
        }
        event.surface = try text(.surface)
        event.query = try text(.query)
        for (column, name, isContext) in columns.others where !csv.isEmpty(column) {
            let value = AttributeValue.keyword(try csv.text(column))
            if isContext { event.context[name] = value } else { event.properties[name] = value }
        }
    }

    // MARK: Cells

    private func filled(_ field: EventField) -> Int? {
        guard let column = columns[field], !csv.isEmpty(column) else { return nil }
        return column
    }

    private func name(_ field: EventField) -> String { columns[field].map(csv.columnName) ?? field.rawValue }

    private func text(_ field: EventField) throws -> String? { try filled(field).map(csv.text) }

    private func kind() throws -> String {
        guard let column = filled(.kind) else {
            guard let defaultKind else {
                throw csv.badRow("\(name(.kind)) is empty: say what happened, or pass --kind")
            }
            return defaultKind
        }
        if !csv.bytes(column).elementsEqual(lastKind.utf8) { lastKind = try csv.text(column) }
        return lastKind
    }

    private func number(_ field: EventField) throws -> Double? {
        guard let column = filled(field) else { return nil }
        guard let value = FieldText.double(csv.bytes(column)) else {
            throw csv.badRow("\(name(field)): \"\(try csv.text(column))\" is not a number")
        }
        return value
    }

    private func time(_ field: EventField) throws -> Timestamp? {
        guard let column = filled(field) else { return nil }
        let bytes = csv.bytes(column)
        if let time = FieldText.time(bytes, timeUnit ?? .iso) { return time }
        let text = try csv.text(column)
        if timeUnit == nil, FieldText.looksNumeric(bytes) {
            throw FormatError.noTimeUnit(file: csv.file, line: csv.line, column: csv.header[column], text: text)
        }
        throw csv.badRow("\(name(field)): \"\(text)\" is not a time\((timeUnit ?? .iso).expectation)")
    }
}

extension TimeUnit {
    var expectation: String {
        switch self {
        case .iso: " like 2026-11-24T08:30:00Z"
        case .s: " in seconds"
        case .ms: " in milliseconds"
        case .us: " in microseconds"
        }
    }
}
