/// The part of the log that models learn from, as columns: who did what to which item, when, how much it weighs.
///
/// Rows are in log order (`seq`). Users and items are dense row numbers of this table's own `users` and of the
/// bundle's item table. Rows of one user in time order: ``byUser()``.
public struct Interactions: Sendable {
    /// Keys of the actors, ascending: row u of every per-user structure made from this table.
    public var users: [UserKey]
    public var itemCount: Int
    public var seq: [Int64] = []
    public var user: [UInt32] = []
    public var item: [ItemIndex] = []
    /// ``Event/effectiveTime``, milliseconds.
    public var time: [Int64] = []
    /// ``EventRules/weight(of:)`` of the event's kind.
    public var weight: [Float] = []
    public var isPositive: [Bool] = []

    public init(users: [UserKey], itemCount: Int) {
        self.users = users
        self.itemCount = itemCount
    }

    public var count: Int { item.count }

    public mutating func append(
        seq: Int64, user: UInt32, item: ItemIndex, time: Int64, weight: Float, isPositive: Bool
    ) {
        self.seq.append(seq)
        self.user.append(user)
        self.item.append(item)
        self.time.append(time)
        self.weight.append(weight)
        self.isPositive.append(isPositive)
    }

    /// The rows for which `keep` is true, in the same order, over the same users and items.
    public func filtered(_ keep: (Int) -> Bool) -> Interactions {
        var kept = Interactions(users: users, itemCount: itemCount)
        for row in 0..<count where keep(row) {
            kept.append(
                seq: seq[row], user: user[row], item: item[row], time: time[row], weight: weight[row],
                isPositive: isPositive[row])
        }
        return kept
    }

    /// For each user the row numbers of their interactions, by (time, seq): a counting sort, then a sort a user.
    public func byUser() -> [[Int]] {
        var rows = [[Int]](repeating: [], count: users.count)
        for row in 0..<count { rows[Int(user[row])].append(row) }
        for u in rows.indices {
            rows[u].sort { (time[$0], seq[$0]) < (time[$1], seq[$1]) }
        }
        return rows
    }

    /// How many positives each item has.
    public func positivesPerItem() -> [Int] {
        var counts = [Int](repeating: 0, count: itemCount)
        for row in 0..<count where isPositive[row] { counts[Int(item[row])] += 1 }
        return counts
    }

    /// The positives of each user as one sequence by time: sentences for skip-gram, rows for neighbours.
    public func positiveSequences() -> [[ItemIndex]] {
        byUser().map { rows in rows.filter { isPositive[$0] }.map { item[$0] } }
    }
}
