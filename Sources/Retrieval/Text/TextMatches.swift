import MagpieDomain

/// Which items a query means, all of them: what is counted, faceted and sorted by something else than relevance.
///
/// An item matches that has *all* the words of the query (or what a misspelt one may have been meant to be). When there
/// is no such item, one that has *any* of them does: a word too many must not empty the page. Stop words need not be
/// there.
public struct TextMatches: Sendable, Equatable {
    public enum Words: String, Sendable {
        case all, any
    }

    /// The rows, as many as were looked for.
    public var items: ItemSet
    /// Items without a row, ascending by id.
    public var added: [ItemID] = []
    /// How many there are, with and without a row; of more than the limit, that there are at least so many.
    public var count: Int
    public var isExact: Bool
    public var words: Words
}

extension TextIndex {
    /// The items that match, ascending, until more than `limit` are found: window after window, so that the work is
    /// bounded by what is found and by the rarest word.
    func matches(_ query: TextQuery, excluding excluded: ItemSet, limit: Int) -> TextMatches {
        let asked = query.required
        let all = matches(asked, .all, excluding: excluded, limit: limit)
        return all.count > 0 || asked.count < 2 ? all : matches(asked, .any, excluding: excluded, limit: limit)
    }

    func matches(
        _ clauses: [TextQuery.Clause], _ words: TextMatches.Words, excluding excluded: ItemSet, limit: Int
    ) -> TextMatches {
        var result = TextMatches(items: ItemSet(itemCount: itemCount), count: 0, isExact: true, words: words)
        var cursors = clauses.map { clause in clause.alternatives.filter { $0.term >= 0 }.map { postingRange($0.term) }
        }
        if cursors.isEmpty || (words == .all && cursors.contains(where: \.isEmpty)) { return result }
        let items: UnsafePointer<UInt32> = self.items.pointer
        let size = TextSearch.window
        var found = [UInt64](repeating: 0, count: size / 64)
        var own = found
        while true {
            // The first window in which there can be a match: of the clause that comes last, or of any.
            var base: Int?
            for clause in cursors {
                let next = clause.filter { !$0.isEmpty }.map { Int(items[$0.lowerBound]) }.min()
                if words == .all {
                    guard let next else { return result }
                    base = max(base ?? 0, next)
                } else if let next {
                    base = min(base ?? .max, next)
                }
            }
            guard var base else { return result }
            base = base / size * size
            for w in found.indices { found[w] = words == .all ? .max : 0 }
            for c in cursors.indices {
                for w in own.indices { own[w] = 0 }
                for a in cursors[c].indices {
                    let range = cursors[c][a]
                    var at = seek(UInt32(base), from: range.lowerBound, to: range.upperBound)
                    while at < range.upperBound, Int(items[at]) < base + size {
                        let place = Int(items[at]) - base
                        own[place >> 6] |= 1 << UInt64(place & 63)
                        at += 1
                    }
                    cursors[c][a] = at..<range.upperBound
                }
                for w in found.indices { found[w] = words == .all ? found[w] & own[w] : found[w] | own[w] }
            }
            for w in found.indices where found[w] != 0 {
                var left = found[w]
                while left != 0 {
                    let item = ItemIndex(base + w << 6 | left.trailingZeroBitCount)
                    left &= left - 1
                    if excluded.contains(item) { continue }
                    if result.count == limit {
                        result.isExact = false
                        return result
                    }
                    result.items.insert(item)
                    result.count += 1
                }
            }
        }
    }

    private func postingRange(_ term: Int) -> Range<Int> {
        Int(postings.pointer[term])..<Int(postings.pointer[term + 1])
    }
}

extension LiveTextIndex.Asked {
    /// As ``TextIndex/matches(_:excluding:limit:)``, of all items as they are now.
    func matches(excluding excluded: ItemSet, limit: Int) -> TextMatches {
        let asked = query.required
        let hidden = hidden(excluded)
        func matches(_ words: TextMatches.Words) -> TextMatches {
            var found = index.main.matches(asked, words, excluding: hidden, limit: limit)
            let places = asked.map(view.side.places)
            let ids = view.side.ids.indices.filter { place in
                guard !places.isEmpty else { return false }
                return words == .all
                    ? places.allSatisfy { $0.contains(place) } : places.contains { $0.contains(place) }
            }.map { view.side.ids[$0] }.sorted()
            for id in ids {
                let row = index.row(id)
                if let row, excluded.contains(row) { continue }
                guard found.count < limit else {
                    found.isExact = false
                    break
                }
                if let row { found.items.insert(row) } else { found.added.append(id) }
                found.count += 1
            }
            return found
        }
        let all = matches(.all)
        return all.count > 0 || asked.count < 2 ? all : matches(.any)
    }
}
