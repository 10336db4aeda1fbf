/// A table for people: columns aligned by what they show, no borders.
///
///     #  title               year  score
///     1  Matrix, The (1999)  1999   4.21
struct Table {
    struct Column {
        var title: String
        var isNumber: Bool

        /// Words, on the left.
        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        /// Numbers, on the right.
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    /// Longer cells are cut with an ellipsis.
    static let cellLimit = 60

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(
            cells.map(Style.plain).map { $0.count > Self.cellLimit ? $0.prefix(Self.cellLimit - 1) + "…" : $0 })
    }

    var isEmpty: Bool { rows.isEmpty }

    func text(indent: String = "") -> String {
        let widths = columns.indices.map { c in
            max(columns[c].title.count, rows.map { $0[c].count }.max() ?? 0)
        }
        func line(_ cells: [String]) -> String {
            var line = ""
            for (c, cell) in cells.enumerated() {
                let space = String(repeating: " ", count: widths[c] - cell.count)
                line += (c == 0 ? "" : "  ") + (columns[c].isNumber ? space + cell : cell + space)
            }
            return indent + String(line.reversed().drop { $0 == " " }.reversed())
        }
        let head = Style.dim(line(columns.map(\.title)))
        return ([head] + rows.map(line)).joined(separator: "\n")
    }
}
