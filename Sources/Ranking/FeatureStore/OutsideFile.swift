import Foundation
import MagpieArtifacts
import MagpieDomain

/// Outside tables as an artifact of the bundle: which of them, and which columns, its rankers know.
///
/// ## Layout 1 of `outside.safetensors` (kind "outside")
///
/// | tensor | type | what, for table i |
/// |---|---|---|
/// | `<i>.columns` | strings [c] | names, ascending |
/// | `<i>.key`, `<i>.validFrom`, `<i>.receivedAt` | U64, I64, I64 [r] | ascending by all three |
/// | `<i>.values` | F32 [r, c] | NaN = not known |
///
/// Metadata: `tables`, their number; `<i>.name`, `<i>.entity`.
public enum OutsideFile {
    public static let kind = "outside"
    static let layout = 1

    public static func write(_ tables: [OutsideTable], to url: URL) throws {
        var metadata = ["tables": "\(tables.count)"]
        for (i, table) in tables.enumerated() {
            metadata["\(i).name"] = table.name
            metadata["\(i).entity"] = table.entity.rawValue
        }
        var file = TensorFileWriter(kind: kind, layout: layout, metadata: metadata)
        for (i, table) in tables.enumerated() {
            file.add("\(i).columns", strings: table.columns)
            file.add("\(i).key", table.keys)
            file.add("\(i).validFrom", table.validFrom)
            file.add("\(i).receivedAt", table.receivedAt)
            file.add("\(i).values", table.values, shape: [table.rowCount, table.columns.count])
        }
        try file.write(to: url)
    }

    public static func read(_ url: URL) throws -> [OutsideTable] {
        let file = try TensorFile(url, kind: kind, layouts: 1...layout)
        guard let count = Int(try file.requiredMetadata("tables")), (0...10_000).contains(count) else {
            throw RankingError.corrupt(path: url.path, detail: "metadata tables is not a number of tables")
        }
        return try (0..<count).map { i in
            guard let entity = OutsideTable.EntityKind(rawValue: try file.requiredMetadata("\(i).entity")) else {
                throw RankingError.corrupt(path: url.path, detail: "table \(i) is of neither items nor users")
            }
            let columns = try file.strings("\(i).columns").strings
            let keys = try file.tensor("\(i).key", as: UInt64.self, shape: [nil])
            return OutsideTable(
                name: try file.requiredMetadata("\(i).name"), entity: entity, columns: columns, keys: Array(keys),
                validFrom: Array(try file.tensor("\(i).validFrom", as: Int64.self, shape: [keys.count])),
                receivedAt: Array(try file.tensor("\(i).receivedAt", as: Int64.self, shape: [keys.count])),
                values: Array(try file.tensor("\(i).values", as: Float.self, shape: [keys.count, columns.count])))
        }
    }

    /// The newest rows for the columns that a bundle knows: those of `live` where it has the table, else the bundle's.
    public static func updated(_ tables: [OutsideTable], by live: [OutsideTable]) -> [OutsideTable] {
        tables.map { table in
            let same = live.first { $0.name == table.name && $0.entity == table.entity }
            return same?.with(columns: table.columns) ?? table
        }
    }
}
