import MagpieDomain
import MagpieEvaluation
import MagpieOnline
import MagpieRanking
import Synchronization

/// A state that lives through the part of the history that is asked about: what came before a question is folded in, and
/// nothing later.
final class StateWalk: Sendable {
    /// Its state is the one that moves.
    let recommender: Recommender
    private let history: History
    private let asked: [Int]
    private let next: Mutex<Places>

    private struct Places {
        /// Of the rows asked about.
        var row = 0
        /// Of the history's impressions and joins.
        var shown: Int
        var join: Int
    }

    init(_ history: History, _ split: Split, _ recommender: Recommender) {
        self.recommender = recommender
        self.history = history
        asked = split.asked
        next = Mutex(
            Places(
                shown: history.shownItems.firstIndex { $0.position > split.end } ?? history.shownItems.count,
                join: history.joins.firstIndex { $0.position >= split.end } ?? history.joins.count))
    }

    /// Questions come ascending by position.
    func advance(to question: Question) {
        next.withLock { next in
            while next.row < asked.count, asked[next.row] < question.position {
                let row = history.rows[asked[next.row]]
                show(through: asked[next.row], before: row.time, &next.shown)
                join(through: asked[next.row], &next.join)
                recommender.state.fold(
                    actor: row.actor, item: row.item, time: row.time, eventHash: row.eventHash,
                    isPositive: row.isPositive, isTaken: row.isTaken, purchase: row.purchase, seq: row.seq)
                next.row += 1
            }
            show(through: question.position, before: question.now, &next.shown)
            join(through: question.position, &next.join)
        }
    }

    /// Joins the devices that were joined before row `position`.
    private func join(through position: Int, _ next: inout Int) {
        while next < history.joins.count, history.joins[next].position <= position {
            let join = history.joins[next]
            recommender.state.join(join.device, to: join.user, seq: join.seq)
            next += 1
        }
    }

    /// What was on screen before row `position`, or just before it and before `moment`.
    private func show(through position: Int, before moment: Timestamp, _ next: inout Int) {
        while next < history.shownItems.count,
            (history.shownItems[next].position, history.shownItems[next].impression.time) < (
                position, moment.milliseconds
            )
        {
            let shown = history.shownItems[next]
            recommender.state.fold(shown.impression, place: shown.place, actor: shown.actor, seq: shown.seq)
            next += 1
        }
    }
}
