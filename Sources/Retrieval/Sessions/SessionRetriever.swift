import Foundation
import MagpieDomain
import MagpieKernels

/// What other sessions like the present one held (V-SKNN, see ``SessionOptions``). The present session is the newest
/// items of the history without a long pause between them (or `query.seed` alone), L of them; the item at place p (the
/// newest at 0) weighs (L - p) / L. Then
///
///     similarity(n) = sum over the items that are also in session n, of their weight
///     score(j)      = sum of similarity(n) over those n that hold j, of the `neighbours` most similar of the `sample`
///                     newest sessions that share an item
///
/// The authors' published program also divides by the place of the newest item that is in n; the paper does not, and on
/// Tmall's sessions it is worse (docs/adr/0021). Time: sample times items additions, some 50 microseconds.
///
/// No opinion (NaN) on an item that is in no session, and on all when the present session shares nothing with any.
public struct SessionRetriever: Retriever {
    public let name = "sessions"
    public let index: SessionIndex
    private let similarities: RowSumsPool<RowAccumulator>
    private let sums: RowSumsPool<RowAccumulator>

    public init(_ index: SessionIndex) {
        self.index = index
        similarities = RowSumsPool(itemCount: index.sessionCount)
        sums = RowSumsPool(itemCount: index.itemCount)
    }

    /// Opens the index; see ``SessionIndex/init(opening:itemCount:)``.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        self.init(try SessionIndex(opening: url, itemCount: itemCount))
    }

    public func asked(_ query: Query) -> any AskedRetriever {
        AskedRowSums(query, sums, isKnown: { [index] in !index.sessions(of: $0).isEmpty }) { sums, _ in
            let neighbours = neighbours(of: present(query))
            for neighbour in neighbours {
                for item in index.items(of: neighbour.session) { sums.add(item, neighbour.weight) }
            }
            return neighbours.isEmpty ? .nothing : .complete
        }
    }

    /// The present session, newest first, each item once.
    private func present(_ query: Query) -> [ItemIndex] {
        if let seed = query.seed { return [seed] }
        let gap = Int64(index.options.gapMinutes) * 60_000
        var session: [ItemIndex] = []
        var last: Int64?
        for interest in query.history {
            let time = interest.time.milliseconds
            if let last, SessionIndex.isPause(time, last, longerThan: gap) { break }
            last = time
            if !session.contains(interest.item) { session.append(interest.item) }
            if session.count == index.options.items { break }
        }
        return session
    }

    private struct Neighbour {
        var session: UInt32
        var weight: Float
    }

    /// The most similar of the newest sessions that share an item, with what they add to each of their items.
    private func neighbours(of session: [ItemIndex]) -> [Neighbour] {
        similarities.withSums { similarity in
            // Of all that share an item the newest `sample` are wanted: none older than the last of a full list.
            var oldest = UInt32.max
            for (place, item) in session.enumerated() {
                let weight = Float(session.count - place) / Float(session.count)
                let list = index.sessions(of: item)
                if list.count >= index.options.sample, let last = list.last { oldest = min(oldest, last) }
                for number in list { similarity.add(number, weight) }
            }
            var related = Array(similarity.touched)
            if related.count > index.options.sample {
                related.removeAll { $0 > oldest }
                related.sort()
                related = Array(related.prefix(index.options.sample))
            }
            var best = TopK(index.options.neighbours)
            for session in related { best.offer(session, similarity.sum(of: session)) }
            return best.sorted().map { Neighbour(session: $0.id, weight: $0.score) }
        }
    }
}
