import MagpieDomain
import MagpieRanking

extension History {
    /// An impression as live state folds it.
    struct Shown: Sendable {
        var seq: Int64
        /// As known when it came.
        var actor: UserKey
        var impression: Impression
        /// Where it stood, 1 = first.
        var place: Int?
        var receivedAt: Timestamp
        /// How many rows came before it.
        var position = 0
    }

    /// What a window of rows knows of what was on screen. A window without holes ends at a moment for everybody; one that was
    /// cut by user ends with each user's newest row.
    func shown(within rows: [Int]) -> [Shown] {
        if rows.count == self.rows.count { return shownItems }
        guard let last = rows.last else { return [] }
        if last == rows.count - 1 { return shownItems.filter { $0.position <= rows.count } }
        let people = People(self, through: rows)
        var newest: [UserKey: Int] = [:]
        for row in rows { newest[people.actor(of: row)] = row }
        return shownItems.filter { $0.position <= newest[people.owner(of: $0.actor), default: -1] }
    }
}
