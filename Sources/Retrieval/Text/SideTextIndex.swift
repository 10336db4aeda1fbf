import MagpieDomain

/// The texts of items that a ``TextIndex`` does not have yet, or not so: a value, small, changed item by item.
///
/// Impacts are those that the index would have given: its k1, b and mean length. Document frequencies of both are added
/// up (``TextQueryBuilder``), so that an item scores here what it will score in the next index, but for the mean.
///
/// Copied on write: a change while a search holds the value copies the lists' headers, a fraction of a millisecond for
/// some 10,000 items, for which it is meant.
struct SideTextIndex: Sendable {
    /// A word as it is written, folded, and its term.
    struct Word: Sendable, Hashable {
        var surface: [UInt8]
        var term: [UInt8]
    }

    struct Posting: Sendable {
        var place: Int
        var impact: UInt16
    }

    /// An item as it will stand here.
    struct Document: Sendable {
        var impacts: [(term: [UInt8], impact: UInt16)] = []
        var words: [Word] = []

        /// Reads the text as `index` would have.
        init(_ text: ItemText, for index: TextIndex) {
            index.analyzers.with { analyzers in
                var counter = TermCounter(analyzers)
                counter.count(text)
                // Two languages may have one term.
                var quantities: [(term: [UInt8], quantity: Float)] = []
                var places: [[UInt8]: Int] = [:]  // never iterated
                for found in counter.found {
                    let entry = analyzers[found.language].entries[found.entry]
                    if let place = places[entry.term] {
                        quantities[place].quantity += found.quantity
                    } else {
                        places[entry.term] = quantities.count
                        quantities.append((entry.term, found.quantity))
                    }
                }
                for word in counter.words {
                    let entry = analyzers[word.language].entries[word.entry]
                    if !entry.surface.isEmpty { words.append(Word(surface: entry.surface, term: entry.term)) }
                }
                impacts = quantities.map { term, quantity in
                    let impact = TextIndex.impact(
                        quantity, length: counter.length, k1: index.k1, b: index.b, average: index.averageLength)
                    return (term, impact)
                }
            }
        }
    }

    private var terms: [[UInt8]: Int] = [:]  // never iterated
    private var postings: [[Posting]] = []
    private var words: [Word] = []
    private var known: Set<Word> = []  // never iterated
    /// Items by place, and the numbers of their terms.
    private(set) var ids: [ItemID] = []
    private var termsOfPlace: [[Int]] = []

    var count: Int { ids.count }

    // MARK: Changing

    /// Puts an item at the end; its place is ``count`` before.
    mutating func append(_ id: ItemID, _ document: Document) {
        var own: [Int] = []
        for (term, impact) in document.impacts {
            let number = number(of: term)
            postings[number].append(Posting(place: ids.count, impact: impact))
            own.append(number)
        }
        for word in document.words where known.insert(word).inserted { words.append(word) }
        ids.append(id)
        termsOfPlace.append(own)
    }

    private mutating func number(of term: [UInt8]) -> Int {
        if let number = terms[term] { return number }
        terms[term] = postings.count
        postings.append([])
        return postings.count - 1
    }

    /// Takes the item at a place out; the last item gets its place.
    /// - Returns: the item that moved there; nil when it was the last itself.
    mutating func remove(at place: Int) -> ItemID? {
        for term in termsOfPlace[place] { postings[term].removeAll { $0.place == place } }
        let last = ids.count - 1
        for term in termsOfPlace[last] where last != place {
            for i in postings[term].indices where postings[term][i].place == last { postings[term][i].place = place }
        }
        ids.swapAt(place, last)
        termsOfPlace.swapAt(place, last)
        ids.removeLast()
        termsOfPlace.removeLast()
        return place == last ? nil : ids[place]
    }

    // MARK: Dictionary

    func term(_ bytes: [UInt8]) -> Int? { terms[bytes] }

    /// How many items have a term.
    func frequency(_ term: Int) -> Int { postings[term].count }

    func words(beginningWith prefix: [UInt8]) -> [Word] { words.filter { $0.surface.starts(with: prefix) } }

    /// Words within the automaton's limit, or of which a beginning is, with the errors of the whole and of the
    /// beginning; 3 = more than the limit.
    func words(like automaton: SpellingAutomaton) -> [(word: Word, errors: Int, prefixErrors: Int)] {
        words.compactMap { word in
            var state = automaton.start
            var isDead = false
            for byte in word.surface where !isDead {
                state = automaton.next(state, byte)
                isDead = automaton.isDead(state)
            }
            let errors = isDead ? 3 : automaton.errors(of: state)
            return errors < 3 || state.prefixErrors < 3 ? (word, errors, state.prefixErrors) : nil
        }
    }

    // MARK: Searching

    /// Every item that has a term of the query, with its points, by place.
    func points(_ query: TextQuery) -> [(place: Int, points: Int32)] {
        var sums = [Int32](repeating: 0, count: count)
        var own = sums
        for clause in query.clauses {
            for alternative in clause.alternatives where alternative.side >= 0 {
                let factor = query.factor(alternative)
                for posting in postings[alternative.side] {
                    own[posting.place] = max(own[posting.place], TextQuery.points(posting.impact, factor))
                }
            }
            for place in own.indices where own[place] != 0 {
                sums[place] += own[place]
                own[place] = 0
            }
        }
        return sums.indices.compactMap { sums[$0] == 0 ? nil : ($0, sums[$0]) }
    }

    /// The places of items that have one of a clause's terms.
    func places(of clause: TextQuery.Clause) -> Set<Int> {
        var places: Set<Int> = []
        for alternative in clause.alternatives where alternative.side >= 0 {
            for posting in postings[alternative.side] { places.insert(posting.place) }
        }
        return places
    }
}
