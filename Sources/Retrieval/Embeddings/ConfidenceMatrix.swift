import MagpieDomain
import MagpieKernels

/// Who liked what, and how surely: the users x items matrix of implicit feedback, by rows (CSR).
///
/// A cell has the summed event weights r of a user's positives of an item; cells without one are not stored, and mean
/// "probably not" (Hu, Koren and Volinsky 2008, section 4).
struct ConfidenceMatrix: Sendable {
    let rowCount: Int
    let columnCount: Int
    /// Row u is the cells `offsets[u] ..< offsets[u + 1]`.
    let offsets: SharedBuffer<Int>
    /// The columns, ascending within a row.
    let ids: SharedBuffer<UInt32>
    let weights: SharedBuffer<Float>

    var cellCount: Int { offsets.pointer[rowCount] }

    func cells(of row: Int) -> Range<Int> { offsets.pointer[row]..<offsets.pointer[row + 1] }

    private init(rowCount: Int, columnCount: Int, room: Int) {
        self.rowCount = rowCount
        self.columnCount = columnCount
        offsets = SharedBuffer(count: rowCount + 1, repeating: 0)
        ids = SharedBuffer(count: room, repeating: 0)
        weights = SharedBuffer(count: room, repeating: 0)
    }

    /// - Parameter scale: what a cell's weight is multiplied by: the alpha of the paper.
    init(of log: Interactions, scale: Float) {
        let userCount = log.users.count
        var begins = [Int](repeating: 0, count: userCount + 1)
        for row in 0..<log.count where log.isPositive[row] { begins[Int(log.user[row]) + 1] += 1 }
        for user in 0..<userCount { begins[user + 1] += begins[user] }
        // By user, in log order.
        var cells = [(id: UInt32, weight: Float)](repeating: (0, 0), count: begins[userCount])
        var next = begins
        for row in 0..<log.count where log.isPositive[row] {
            let user = Int(log.user[row])
            cells[next[user]] = (log.item[row], max(log.weight[row], 0) * scale)
            next[user] += 1
        }
        self.init(rowCount: userCount, columnCount: log.itemCount, room: cells.count)
        var end = 0
        for user in 0..<userCount {
            let first = end
            // Equal items add up in log order.
            for place in (begins[user]..<begins[user + 1]).sorted(by: { (cells[$0].id, $0) < (cells[$1].id, $1) }) {
                if end > first, ids.pointer[end - 1] == cells[place].id {
                    weights.pointer[end - 1] += cells[place].weight
                } else {
                    ids.pointer[end] = cells[place].id
                    weights.pointer[end] = cells[place].weight
                    end += 1
                }
            }
            offsets.pointer[user + 1] = end
        }
    }

    /// Rows and columns exchanged: a counting sort.
    var transposed: ConfidenceMatrix {
        let result = ConfidenceMatrix(rowCount: columnCount, columnCount: rowCount, room: cellCount)
        var next = [Int](repeating: 0, count: columnCount + 1)
        for cell in 0..<cellCount { next[Int(ids.pointer[cell]) + 1] += 1 }
        for column in 0..<columnCount {
            next[column + 1] += next[column]
            result.offsets.pointer[column + 1] = next[column + 1]
        }
        for row in 0..<rowCount {
            for cell in cells(of: row) {
                let column = Int(ids.pointer[cell])
                result.ids.pointer[next[column]] = UInt32(row)
                result.weights.pointer[next[column]] = weights.pointer[cell]
                next[column] += 1
            }
        }
        return result
    }
}
