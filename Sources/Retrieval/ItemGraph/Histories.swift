import MagpieDomain

/// The positives of every user by time, and for every item where it occurs in them: both directions of the
/// user-item table, flat, as the graph and the neighbour builders walk them.
struct Histories: Sendable {
    let itemCount: Int
    /// User u has the positions `offsets[u] ..< offsets[u + 1]`, oldest first.
    private(set) var offsets: [Int] = [0]
    /// By position.
    private(set) var items: [ItemIndex] = []
    private(set) var times: [Int64] = []
    private(set) var users: [UInt32] = []
    /// Item i occurs at the positions `occurrences[occurrenceOffsets[i] ..< occurrenceOffsets[i + 1]]`, ascending.
    private(set) var occurrenceOffsets: [Int]
    private(set) var occurrences: [Int]

    /// - Parameters:
    ///   - limit: of each user only so many of the newest: the work for a user grows with its square.
    ///   - distinct: of each user an item once, where it was met last.
    init(of interactions: Interactions, limit: Int, distinct: Bool) {
        itemCount = interactions.itemCount
        var lastUser = [UInt32](repeating: .max, count: itemCount)
        var user: UInt32 = 0
        for rows in interactions.byUser() {
            var kept: [Int] = []
            for row in rows.reversed() where interactions.isPositive[row] && kept.count < limit {
                let item = Int(interactions.item[row])
                if distinct, lastUser[item] == user { continue }
                lastUser[item] = user
                kept.append(row)
            }
            for row in kept.reversed() {
                items.append(interactions.item[row])
                times.append(interactions.time[row])
                users.append(user)
            }
            offsets.append(items.count)
            user += 1
        }
        // Counting sort of the positions by item.
        var begin = [Int](repeating: 0, count: itemCount + 1)
        for item in items { begin[Int(item) + 1] += 1 }
        for i in 0..<itemCount { begin[i + 1] += begin[i] }
        occurrenceOffsets = begin
        occurrences = [Int](repeating: 0, count: items.count)
        for position in items.indices {
            let item = Int(items[position])
            occurrences[begin[item]] = position
            begin[item] += 1
        }
    }

    var userCount: Int { offsets.count - 1 }

    func positions(of user: Int) -> Range<Int> { offsets[user]..<offsets[user + 1] }

    func occurrences(of item: Int) -> ArraySlice<Int> {
        occurrences[occurrenceOffsets[item]..<occurrenceOffsets[item + 1]]
    }

    /// How often the item occurs.
    func popularity(of item: Int) -> Int { occurrenceOffsets[item + 1] - occurrenceOffsets[item] }

    var popularity: [Int] { (0..<itemCount).map { popularity(of: $0) } }
}
