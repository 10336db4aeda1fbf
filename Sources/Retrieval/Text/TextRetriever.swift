import MagpieDomain
import MagpieKernels

/// Items whose text has the query's words, by BM25. Answers only queries with a text.
///
/// Term at a time: each term's postings add to one accumulator per item (Turtle, Flood 1995), in ascending order of
/// the terms, so that ``scores(of:for:)`` adds the same numbers in the same order and agrees to the bit.
public struct TextRetriever: Retriever {
    public let name = "text"
    public let index: TextIndex

    public init(_ index: TextIndex) { self.index = index }

    public func candidates(for query: Query, limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, let text = query.text, !deadline.hasPassed else { return [] }
        let terms = index.terms(of: text)
        guard !terms.isEmpty else { return [] }
        var scores = [Float](repeating: 0, count: index.itemCount)
        for term in terms {
            if deadline.hasPassed { return [] }
            accumulate(term, into: &scores)
        }
        var best = TopK(limit)
        for (item, score) in scores.enumerated() where score > 0 {
            let item = ItemIndex(truncatingIfNeeded: item)
            if !query.excluded.contains(item) { best.offer(item, score) }
        }
        return best.sorted().map { Scored(item: $0.id, score: $0.score) }
    }

    public func scores(of items: [ItemIndex], for query: Query) -> [Float] {
        let terms = query.text.map { index.terms(of: $0) } ?? []
        return items.map { index.score(of: $0, terms: terms) }
    }

    private func accumulate(_ term: TextIndex.QueryTerm, into scores: inout [Float]) {
        let items: UnsafePointer<UInt32> = index.items.pointer
        let quantities: UnsafePointer<Float> = index.quantities.pointer
        let weight: Float = term.weight
        index.norms.withUnsafeBufferPointer { norms in
            scores.withUnsafeMutableBufferPointer { scores in
                for i in term.postings {
                    let item = Int(items[i])
                    let tf: Float = quantities[i]
                    scores[item] += weight * tf / (tf + norms[item])
                }
            }
        }
    }
}
