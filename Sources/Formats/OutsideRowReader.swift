import Foundation
import MagpieDomain

/// Rows of a table that was computed elsewhere: CSV, tab-separated, or JSON Lines with the columns `entity`,
/// `valid_from`, `received` and one a value, which is a number, true or false (1 or 0), or empty.
///
///     entity,valid_from,received,stock,margin
///     sku-1,2026-11-01,2026-11-01T06:00:00Z,12,0.3
///
/// `received` is required: without it a number that came late would be seen before it came, and a model would learn
/// from what nobody knew.
public final class OutsideRowReader: RowReader {
    private enum Source {
        case csv(CSVReader, entity: Int, validFrom: Int, received: Int, values: [(column: Int, name: String)])
        case json(JSONLinesReader)
    }

    private let source: Source
    private let timeUnit: TimeUnit?

    /// - Parameter timeUnit: nil reads ISO 8601 in tables, and milliseconds where JSON has a number.
    public init(_ url: URL, timeUnit: TimeUnit? = nil) throws {
        self.timeUnit = timeUnit
        guard !FileKind.isJSONLines(url) else {
            source = .json(try JSONLinesReader(url))
            return
        }
        let csv = try CSVReader(url)
        func column(_ names: Set<String>, _ need: String) throws -> Int {
            guard let place = csv.header.firstIndex(where: { names.contains(EventColumns.plain($0)) }) else {
                throw FormatError.badHeader(
                    file: csv.file,
                    problem: "no column \"\(need)\" among \(csv.header.joined(separator: ", ")): "
                        + "a table needs entity, valid_from, received and one column a value")
            }
            return place
        }
        let entity = try column(Self.entityNames, "entity")
        let validFrom = try column(Self.validFromNames, "valid_from")
        let received = try column(Self.receivedNames, "received")
        let values = csv.header.indices.filter { ![entity, validFrom, received].contains($0) }
        guard !values.isEmpty else {
            throw FormatError.badHeader(file: csv.file, problem: "no column holds a value: add one beside the three")
        }
        if let name = values.map({ csv.header[$0] }).first(where: { !Self.isName($0) }) {
            throw FormatError.badHeader(file: csv.file, problem: Self.badName(name))
        }
        source = .csv(
            csv, entity: entity, validFrom: validFrom, received: received,
            values: values.map { ($0, csv.header[$0]) })
    }

    private static let entityNames: Set<String> = ["entity", "id"]
    private static let validFromNames: Set<String> = ["validfrom"]
    private static let receivedNames: Set<String> = ["received", "receivedat"]

    /// Whether a text can be the name of a table or a column: part of a feature's name.
    public static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    private static func badName(_ name: String) -> String {
        "\"\(name)\" cannot be part of a feature's name: use letters, digits, _ and -, at most 64"
    }

    public var bytesRead: Int {
        switch source {
        case .csv(let csv, _, _, _, _): csv.bytesRead
        case .json(let lines): lines.bytesRead
        }
    }

    public func badRow(_ problem: String) -> FormatError {
        switch source {
        case .csv(let csv, _, _, _, _): csv.badRow(problem)
        case .json(let lines): lines.badRow(problem)
        }
    }

    public func next() throws -> OutsideRow? {
        switch source {
        case .csv(let csv, let entity, let validFrom, let received, let values):
            guard try csv.next() else { return nil }
            guard !csv.isEmpty(entity) else { throw csv.badRow("\(csv.columnName(entity)) is empty: whose row is it?") }
            var row = OutsideRow(
                entity: try csv.text(entity), validFrom: try time(csv, validFrom), receivedAt: try time(csv, received),
                values: [:])
            for (column, name) in values {
                let value: Double? = try csv.isEmpty(column) ? nil : number(csv, column)
                row.values.updateValue(value, forKey: name)
            }
            return row
        case .json(let lines):
            guard let json = try lines.next() else { return nil }
            return try row(json, lines)
        }
    }

    private func time(_ csv: CSVReader, _ column: Int) throws -> Timestamp {
        if let time = FieldText.time(csv.bytes(column), timeUnit ?? .iso) { return time }
        let hint = timeUnit == nil && FieldText.looksNumeric(csv.bytes(column)) ? ": for numbers pass --time-unit" : ""
        throw csv.badRow(
            "\(csv.columnName(column)): \"\(try csv.text(column))\" is not a time\((timeUnit ?? .iso).expectation)\(hint)"
        )
    }

    private func number(_ csv: CSVReader, _ column: Int) throws -> Double {
        if let number = FieldText.double(csv.bytes(column)) { return number }
        switch try csv.text(column).lowercased() {
        case "true": return 1
        case "false": return 0
        default:
            throw csv.badRow(
                "\(csv.columnName(column)): \"\(try csv.text(column))\" is not a number: leave the cell empty where "
                    + "nothing is known")
        }
    }

    private func row(_ json: JSONTree, _ lines: JSONLinesReader) throws -> OutsideRow {
        guard case .object(let members) = json else { throw lines.badRow("expected one JSON object") }
        var (entity, validFrom, received): (String?, Timestamp?, Timestamp?)
        var values: [String: Double?] = [:]
        for member in members {
            let plain = EventColumns.plain(member.name)
            do {
                if Self.entityNames.contains(plain) {
                    entity = try JSONField.id(member.value, member.name)
                } else if Self.validFromNames.contains(plain) {
                    validFrom = try JSONField.time(member.value, member.name, timeUnit ?? .ms)
                } else if Self.receivedNames.contains(plain) {
                    received = try JSONField.time(member.value, member.name, timeUnit ?? .ms)
                } else {
                    guard Self.isName(member.name) else { throw ValueProblem(Self.badName(member.name)) }
                    let value: Double? =
                        switch member.value {
                        case .null: nil
                        case .bool(let bool): bool ? 1 : 0
                        default: try JSONField.number(member.value, member.name)
                        }
                    values.updateValue(value, forKey: member.name)
                }
            } catch let problem as ValueProblem {
                throw lines.badRow(problem.description)
            }
        }
        guard let entity, !entity.isEmpty, let validFrom, let received else {
            throw lines.badRow("a row needs \"entity\", \"valid_from\" and \"received\"")
        }
        if values.isEmpty { throw lines.badRow("the row has no value beside entity, valid_from and received") }
        return OutsideRow(entity: entity, validFrom: validFrom, receivedAt: received, values: values)
    }
}
