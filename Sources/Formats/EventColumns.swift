/// The fields of an event that a column can fill, by their JSON names.
enum EventField: String, CaseIterable {
    case eventId, kind, userId, anonymousId, sessionId, itemId, value, quantity, unitPrice, currency, time,
        receivedAt, requestId, position, surface, query

    /// From 0, in the order above.
    var number: Int {
        switch self {
        case .eventId: 0
        case .kind: 1
        case .userId: 2
        case .anonymousId: 3
        case .sessionId: 4
        case .itemId: 5
        case .value: 6
        case .quantity: 7
        case .unitPrice: 8
        case .currency: 9
        case .time: 10
        case .receivedAt: 11
        case .requestId: 12
        case .position: 13
        case .surface: 14
        case .query: 15
        }
    }

    /// Other names by which files call it, without case, spaces, `_` and `-`.
    var conventions: [String] {
        switch self {
        case .kind: ["event", "eventtype", "type", "action", "behavior"]
        case .userId: ["user", "uid", "visitorid", "customerid"]
        case .anonymousId: ["anonymous", "cookieid", "deviceid"]
        case .sessionId: ["session"]
        case .itemId: ["item", "movieid", "movie", "productid", "product", "articleid", "bookid", "contentid"]
        case .value: ["rating", "score"]
        case .quantity: ["qty"]
        case .unitPrice: ["price"]
        case .time: ["timestamp", "ts", "date", "datetime", "eventtime"]
        // `receivedAt` decides what counts as known when: never by convention, only when told.
        default: []
        }
    }
}

/// Which column of a table is which field.
struct EventColumns {
    /// The column of each field, -1 where there is none: asked for every cell, so no dictionary.
    private var columns = [Int](repeating: -1, count: EventField.allCases.count)
    /// Columns that are no field: kept as `properties`, or as `context` when named `context.device`.
    private(set) var others: [(column: Int, name: String, isContext: Bool)] = []

    /// - Parameter told: field name to column name, which goes before any convention.
    /// - Throws: ``ValueProblem`` that names the column and the flag.
    init(header: [String], told: [String: String], receivedAt: String?) throws {
        var told = told
        if let receivedAt { told[EventField.receivedAt.rawValue] = receivedAt }
        var taken = Set<Int>()
        for name in told.keys.sorted() {
            guard let field = EventField(rawValue: name) else {
                let fields = EventField.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValueProblem("--column \(name)=...: no such field: the fields are \(fields)")
            }
            guard let column = header.firstIndex(of: told[name] ?? "") else {
                throw ValueProblem(
                    "no column is named \"\(told[name] ?? "")\": the columns are \(header.joined(separator: ", "))")
            }
            columns[field.number] = column
            taken.insert(column)
        }
        let plain = header.map(Self.plain)
        for field in EventField.allCases where self[field] == nil && field != .receivedAt {
            let exact = header.indices.filter { plain[$0] == field.rawValue.lowercased() && !taken.contains($0) }
            let matching =
                exact.isEmpty
                ? header.indices.filter { field.conventions.contains(plain[$0]) && !taken.contains($0) } : exact
            if matching.count > 1 {
                let names = matching.map { "\"\(header[$0])\"" }.joined(separator: " and ")
                throw ValueProblem(
                    "columns \(names) could both be the \(field.rawValue): "
                        + "say which with --column \(field.rawValue)=\(header[matching[0]])")
            }
            if let column = matching.first {
                columns[field.number] = column
                taken.insert(column)
            }
        }
        for column in header.indices where !taken.contains(column) {
            let isContext = header[column].hasPrefix("context.")
            others.append((column, isContext ? String(header[column].dropFirst(8)) : header[column], isContext))
        }
    }

    subscript(field: EventField) -> Int? {
        let column = columns[field.number]
        return column < 0 ? nil : column
    }

    /// Whether there is more than what every table has.
    var hasRareFields: Bool {
        let common: Set<EventField> = [.kind, .userId, .anonymousId, .itemId, .value, .time, .receivedAt]
        return !others.isEmpty || EventField.allCases.contains { self[$0] != nil && !common.contains($0) }
    }

    /// Throws if rows of these columns could never be events.
    func check(header: [String], defaultKind: String?) throws {
        func missing(_ what: String, _ field: EventField) -> ValueProblem {
            ValueProblem(
                "no column for \(what) among \(header.joined(separator: ", ")): "
                    + "name it with --column \(field.rawValue)=COLUMN "
                    + "(or the columns of a file without a header with --columns)")
        }
        if self[.userId] == nil, self[.anonymousId] == nil { throw missing("the user", .userId) }
        if self[.itemId] == nil, self[.kind] == nil { throw missing("the item", .itemId) }
        if self[.time] == nil { throw missing("the time", .time) }
        if self[.kind] == nil, defaultKind == nil {
            throw ValueProblem("no column says what happened: pass --kind, e.g. --kind view, or --column kind=COLUMN")
        }
    }

    static func plain(_ name: String) -> String {
        name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
    }
}
