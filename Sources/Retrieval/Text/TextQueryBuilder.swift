import MagpieKernels

/// Reads a query's text: which terms it asks for, and which others a word may have been meant to be.
///
/// - *A word that some item has* is taken at its word. The last one, when nothing follows it, also stands for the words
///   that it begins, for less.
/// - *A word that no item has* is taken as misspelt: the words of the dictionary that are nearest to it stand for it,
///   one error away, else two if it is long (``SpellingAutomaton``), for less. They share the idf of all of them
///   together, else the rarest of them would win by being rare.
/// - *Stop words* count in short queries, where "state of" is the beginning of a title, and not in long ones.
///
/// A query has at most 128 clauses, misspelt words among the first 24: what a page of text asks beyond is not looked at.
struct TextQueryBuilder {
    let index: TextIndex
    var side: SideTextIndex?
    var options = TextSearchOptions()

    /// In a query of so few other words every word counts.
    private static let shortQuery = 3
    private static let clauseLimit = 128
    private static let misspeltLimit = 24
    /// Words that stand for a beginning or for a misspelt word, and how many items they may have together.
    private static let expansionLimit = 48
    private static let postingsLimit = 1 << 18
    /// Words that a walk over the dictionary may find.
    private static let walkLimit = 4_096

    private var itemCount: Int { index.itemCount + (side?.count ?? 0) }

    /// A word of the text as each language reads it.
    private struct Slot {
        var kind: TermAnalyzer.Kind
        var surface: [UInt8]
        var terms: [[UInt8]]
        var isOpen = false
        var count = 1
    }

    func query(_ text: String) -> TextQuery {
        var misspelt = 0
        var clauses: [(clause: TextQuery.Clause, isStopWord: Bool)] = []
        for slot in slots(of: text).prefix(Self.clauseLimit) {
            var alternatives = known(slot)
            if slot.kind == .plain || slot.kind == .stopWord || slot.kind == .character {
                if options.prefix, slot.isOpen { add(beginningWith: slot, to: &alternatives) }
                if options.typos, alternatives.isEmpty, slot.kind == .plain, misspelt < Self.misspeltLimit {
                    misspelt += 1
                    add(spelledLike: slot, to: &alternatives)
                }
            }
            let isRequired = slot.kind == .plain || slot.kind == .character || slot.kind == .bigram
            if alternatives.isEmpty { continue }
            clauses.append(
                (.init(alternatives: alternatives, isRequired: isRequired), slot.kind == .stopWord))
        }
        let others = clauses.count { !$0.isStopWord }
        let dropsStopWords = others > Self.shortQuery
        return TextQuery(clauses: clauses.filter { !dropsStopWords || !$0.isStopWord }.map(\.clause))
    }

    // MARK: Words

    /// The words of the text in order, those that mean the same terms joined.
    private func slots(of text: String) -> [Slot] {
        var slots: [Slot] = []
        index.analyzers.with { analyzers in
            var places: [Int: Int] = [:]  // never iterated
            for analyzer in analyzers {
                analyzer.analyze(text)
                let last = analyzer.isOpen ? analyzer.pieces.lastIndex { $0.isOwnWord } : nil
                for (number, piece) in analyzer.pieces.enumerated() where !piece.isCovered {
                    let entry = analyzer.entries[piece.entry]
                    // Languages part a text at the same places; only synonyms, which stand behind, may differ.
                    if let place = places[number], piece.kind != .synonym {
                        if !slots[place].terms.contains(entry.term) { slots[place].terms.append(entry.term) }
                        // What is a stop word in one language may be a word in another.
                        if piece.kind == .plain { slots[place].kind = .plain }
                        continue
                    }
                    if piece.kind != .synonym { places[number] = slots.count }
                    slots.append(
                        Slot(kind: piece.kind, surface: entry.surface, terms: [entry.term], isOpen: number == last))
                }
            }
        }
        return joined(slots)
    }

    /// Slots of the same terms are one that counts as often.
    private func joined(_ slots: [Slot]) -> [Slot] {
        var result: [Slot] = []
        var places: [[[UInt8]]: Int] = [:]  // never iterated
        for slot in slots {
            if let place = places[slot.terms] {
                // A synonym is one word, however many phrases and languages name it.
                result[place].count += slot.kind == .synonym ? 0 : 1
                result[place].isOpen = result[place].isOpen || slot.isOpen
                if slot.isOpen { result[place].surface = slot.surface }
            } else {
                places[slot.terms] = result.count
                result.append(slot)
            }
        }
        return result
    }

    private func weight(_ frequency: Int, _ slot: Slot, sureness: Float = 1) -> Float {
        TextIndex.idf(frequency, of: itemCount) * (index.k1 + 1) * Float(slot.count) * sureness
    }

    /// The slot's own terms, as far as some item has them.
    private func known(_ slot: Slot) -> [TextQuery.Alternative] {
        slot.terms.compactMap { term in
            guard let place = place(of: term) else { return nil }
            return .init(term: place.term, side: place.side, weight: weight(place.frequency, slot))
        }
    }

    private func place(of term: [UInt8]) -> (term: Int, side: Int, frequency: Int)? {
        let own = index.terms.firstIndex(ofSorted: term) ?? -1
        let side = side?.term(term) ?? -1
        let frequency = frequency(own, side)
        return frequency > 0 ? (own, side, frequency) : nil
    }

    private func frequency(_ term: Int, _ side: Int) -> Int {
        (term >= 0 ? index.frequency(term) : 0) + (side >= 0 ? self.side?.frequency(side) ?? 0 : 0)
    }

    // MARK: What may be meant

    /// A term that may be meant, and how surely.
    private struct Guess {
        var term: Int
        var side: Int
        var sureness: Float
        var frequency: Int
        /// For a total order that does not depend on where a term is kept.
        var bytes: [UInt8]
    }

    private func add(beginningWith slot: Slot, to alternatives: inout [TextQuery.Alternative]) {
        let surface = slot.surface
        let letters = surface.count { $0 & 0xC0 != 0x80 }
        // One letter begins too many words; an ideograph does not.
        guard let first = surface.first, letters >= (first < 0x80 ? 2 : 1) else { return }
        let range = index.words.range(ofPrefix: surface)
        // The commonest first; of many words the rest are not worth their time.
        var commonest = TopK(2 * Self.expansionLimit)
        for word in range {
            let term = Int(index.wordTerms.pointer[word])
            commonest.offer(UInt32(word), Float(index.frequency(term)))
        }
        var guesses = Guesses()
        for (word, _) in commonest.sorted() { add(word: Int(word), letters: letters, to: &guesses) }
        if let side {
            for word in side.words(beginningWith: surface) { add(sideWord: word, letters: letters, to: &guesses) }
        }
        take(guesses, slot, to: &alternatives)
    }

    private static let prefixSureness: Float = 0.8
    private static let errorSureness: [Float] = [1, 0.6, 0.35, 0]

    /// The more of a word is there, the surer it is meant.
    private func sureness(letters: Int, of length: Int) -> Float {
        Self.prefixSureness * (0.8 + 0.2 * Float(letters) / Float(max(length, letters, 1)))
    }

    private func add(word: Int, letters: Int, to guesses: inout Guesses) {
        let length = index.words.withBytes(word) { $0.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) } }
        add(word: word, sureness: sureness(letters: letters, of: length), to: &guesses)
    }

    private func add(word: Int, sureness: Float, to guesses: inout Guesses) {
        let term = Int(index.wordTerms.pointer[word])
        let bytes = index.terms.withBytes(term) { Array($0) }
        let own = side?.term(bytes) ?? -1
        guesses.add(
            Guess(term: term, side: own, sureness: sureness, frequency: frequency(term, own), bytes: bytes))
    }

    private func add(sideWord: SideTextIndex.Word, letters: Int, to guesses: inout Guesses) {
        let length = sideWord.surface.count { $0 & 0xC0 != 0x80 }
        add(sideWord: sideWord, sureness: sureness(letters: letters, of: length), to: &guesses)
    }

    private func add(sideWord: SideTextIndex.Word, sureness: Float, to guesses: inout Guesses) {
        guard let place = place(of: sideWord.term) else { return }
        guesses.add(
            Guess(
                term: place.term, side: place.side, sureness: sureness, frequency: place.frequency,
                bytes: sideWord.term))
    }

    private func add(spelledLike slot: Slot, to alternatives: inout [TextQuery.Alternative]) {
        let surface = slot.surface
        guard let first = surface.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return }
        let letters = surface.count { $0 & 0xC0 != 0x80 }
        // Short words are within two errors of everything.
        let limit = letters < 3 ? 0 : letters < 6 ? 1 : 2
        let prefixes = options.prefix && slot.isOpen && letters >= 4
        for errors in 1..<max(limit, 1) + 1 where errors <= limit {
            guard let automaton = SpellingAutomaton(surface, limit: errors) else { return }
            var guesses = Guesses()
            func sureness(_ whole: Int, _ beginning: Int) -> Float {
                max(Self.errorSureness[whole], prefixes ? Self.errorSureness[beginning] * Self.prefixSureness : 0)
            }
            for found in index.words(like: automaton, prefixes: prefixes, most: Self.walkLimit) {
                add(word: found.word, sureness: sureness(found.errors, found.prefixErrors), to: &guesses)
            }
            if let side {
                for (word, whole, beginning) in side.words(like: automaton) {
                    let value = sureness(whole, beginning)
                    if value > 0 { add(sideWord: word, sureness: value, to: &guesses) }
                }
            }
            guard !guesses.list.isEmpty else { continue }
            take(guesses, slot, to: &alternatives)
            return
        }
    }

    /// The best guesses, within the limits.
    private func take(_ guesses: Guesses, _ slot: Slot, to alternatives: inout [TextQuery.Alternative]) {
        let ranked = guesses.list.sorted { a, b in
            let (x, y) = (a.sureness * Float(a.frequency), b.sureness * Float(b.frequency))
            return x == y ? a.bytes.lexicographicallyPrecedes(b.bytes) : x > y
        }
        var taken: [Guess] = []
        var frequency = 0
        for guess in ranked where !alternatives.contains(where: { $0.term == guess.term && $0.side == guess.side }) {
            if taken.count == Self.expansionLimit || (frequency > 0 && frequency + guess.frequency > Self.postingsLimit)
            {
                break
            }
            taken.append(guess)
            frequency += guess.frequency
        }
        for guess in taken {
            alternatives.append(
                .init(
                    term: guess.term, side: guess.side, weight: weight(frequency, slot, sureness: guess.sureness)))
        }
    }

    /// Guesses, each term once with its best sureness.
    private struct Guesses {
        var list: [Guess] = []
        private var places: [[UInt8]: Int] = [:]  // never iterated

        mutating func add(_ guess: Guess) {
            if let place = places[guess.bytes] {
                list[place].sureness = max(list[place].sureness, guess.sureness)
            } else {
                places[guess.bytes] = list.count
                list.append(guess)
            }
        }
    }
}
