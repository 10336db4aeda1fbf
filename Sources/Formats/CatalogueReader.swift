import Foundation
import MagpieDomain

/// How a file of items or users is to be read.
public struct CatalogueOptions: Sendable {
    /// Types by attribute: what the home knows already and what the caller says.
    public var types: [String: AttributeType] = [:]
    /// Attribute (or `id`, `validFrom`) to column name, where the two differ.
    public var columns: [String: String] = [:]
    public var header: [String]?
    /// Between the parts of keywords, places and vectors in one cell.
    public var listSeparator: Character = "|"
    public var timeUnit: TimeUnit?
    public var separator: UInt8?
    /// From when a row holds that does not say itself.
    public var validFrom: Timestamp
    /// When we learned of such a row. One that says its `validFrom` counts as learned of then, like an event.
    public var receivedAt: Timestamp

    public init(validFrom: Timestamp, receivedAt: Timestamp) {
        self.validFrom = validFrom
        self.receivedAt = receivedAt
    }
}

/// Revisions of items or users, one a row.
///
/// CSV: a column for the id (`id`, `item_id`, `movieId`, `user`, ...), perhaps one named `validFrom`, and one for
/// each attribute; an empty cell leaves the attribute as it was. The first value decides the type of an attribute
/// that nobody named; a later one of another type is a bad row.
///
/// JSON Lines: `{"id":"2571","title":"Matrix, The (1999)","genres":["Action"],"price":null}`: a name an attribute,
/// `null` removes it, `"delete":true` deletes the item.
public final class CatalogueReader<Entity>: RowReader {
    private enum Source {
        case csv(CSVReader, id: Int, validFrom: Int?, attributes: [(column: Int, name: String)])
        case json(JSONLinesReader)
    }

    private let source: Source
    private let options: CatalogueOptions
    /// Grows as attributes are first seen.
    private var types: [String: AttributeType]

    /// - Parameter idNames: names by which such files call the id, see ``itemIDNames`` and ``userIDNames``.
    public init(_ url: URL, idNames: [String], _ options: CatalogueOptions) throws {
        self.options = options
        types = options.types.merging(ReservedAttribute.types) { own, _ in own }
        guard !FileKind.isJSONLines(url) else {
            source = .json(try JSONLinesReader(url))
            return
        }
        let csv = try CSVReader(url, separator: options.separator, header: options.header)
        func fail(_ problem: String) -> FormatError { .badHeader(file: csv.file, problem: problem) }
        var named: [Int: String] = [:]
        for name in options.columns.keys.sorted() {
            guard let column = csv.header.firstIndex(of: options.columns[name] ?? "") else {
                throw fail(
                    "no column is named \"\(options.columns[name] ?? "")\": "
                        + "the columns are \(csv.header.joined(separator: ", "))")
            }
            named[column] = name
        }
        let names = csv.header.indices.map { named[$0] ?? csv.header[$0] }
        let plain = names.map(EventColumns.plain)
        guard let id = plain.firstIndex(where: { $0 == "id" }) ?? plain.firstIndex(where: { idNames.contains($0) })
        else {
            throw fail(
                "no column for the id among \(csv.header.joined(separator: ", ")): name it with --column id=COLUMN")
        }
        let validFrom = plain.firstIndex(of: "validfrom")
        source = .csv(
            csv, id: id, validFrom: validFrom,
            attributes: names.indices.filter { $0 != id && $0 != validFrom }.map { ($0, names[$0]) })
    }

    public var bytesRead: Int {
        switch source {
        case .csv(let csv, _, _, _): csv.bytesRead
        case .json(let lines): lines.bytesRead
        }
    }

    public func badRow(_ problem: String) -> FormatError {
        switch source {
        case .csv(let csv, _, _, _): csv.badRow(problem)
        case .json(let lines): lines.badRow(problem)
        }
    }

    public func next() throws -> Revision<Entity>? {
        switch source {
        case .csv(let csv, let id, let validFrom, let attributes):
            guard try csv.next() else { return nil }
            return try revision(csv, id, validFrom, attributes)
        case .json(let lines):
            guard let json = try lines.next() else { return nil }
            do {
                return try RevisionJSON.revision(
                    json, types: &types, timeUnit: options.timeUnit ?? .ms, validFrom: options.validFrom,
                    receivedAt: options.receivedAt)
            } catch let problem as ValueProblem {
                throw lines.badRow(problem.description)
            }
        }
    }

    private func revision(
        _ csv: CSVReader, _ id: Int, _ validFrom: Int?, _ attributes: [(column: Int, name: String)]
    ) throws -> Revision<Entity> {
        guard !csv.isEmpty(id) else { throw csv.badRow("\(csv.columnName(id)) is empty: every row needs an id") }
        var own: Timestamp?
        if let validFrom, !csv.isEmpty(validFrom) {
            guard let time = FieldText.time(csv.bytes(validFrom), options.timeUnit ?? .iso) else {
                throw csv.badRow("\(csv.columnName(validFrom)): \"\(try csv.text(validFrom))\" is not a time")
            }
            own = time
        }
        var patch: AttributePatch = [:]
        for (column, name) in attributes where !csv.isEmpty(column) {
            let bytes = csv.bytes(column)
            let type = types[name] ?? AttributeText.naturalType(bytes)
            do {
                let value = try AttributeText.value(
                    bytes, text: try csv.text(column), as: type, separator: options.listSeparator,
                    timeUnit: options.timeUnit)
                patch.updateValue(value, forKey: name)
            } catch let problem as ValueProblem {
                let remedy =
                    ReservedAttribute.types[name] == nil ? " (for another type: --attribute \(name)=keyword)" : ""
                throw csv.badRow("\(csv.columnName(column)): \(problem)\(remedy)")
            }
            types[name] = type
        }
        return Revision(
            id: EntityID(try csv.text(id)), validFrom: own ?? options.validFrom, receivedAt: own ?? options.receivedAt,
            change: .patch(patch))
    }
}

extension CatalogueReader where Entity == Item {
    public convenience init(items url: URL, _ options: CatalogueOptions) throws {
        try self.init(url, idNames: ["itemid"] + EventField.itemId.conventions, options)
    }
}

extension CatalogueReader where Entity == User {
    public convenience init(users url: URL, _ options: CatalogueOptions) throws {
        try self.init(url, idNames: ["userid"] + EventField.userId.conventions, options)
    }
}

/// What a path holds, by its name.
public enum FileKind: Sendable {
    public static func isJSONLines(_ url: URL) -> Bool {
        ["jsonl", "ndjson", "json"].contains(url.pathExtension.lowercased())
    }
}
