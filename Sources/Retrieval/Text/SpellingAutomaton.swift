/// Which words are within one or two typing errors of a word: a letter too many, too few, a wrong one, or two
/// neighbours swapped (Damerau, CACM 1964, each letter in one error only).
///
/// The non-deterministic automaton of Wu and Manber (CACM 1992), one word of bits for each number of errors: bit j of
/// `errors[e]` says that what was read so far can be the pattern's first j letters with at most e errors. A step is a
/// handful of operations for all j at once; the swap needs the step before (Hyyrö, 2003). Letters are Unicode scalars,
/// so that one wrong Cyrillic letter is one error; bytes may be fed one by one.
struct SpellingAutomaton {
    /// What is known after some bytes of a word.
    struct State {
        var errors: (UInt64, UInt64, UInt64)
        /// The two smaller numbers of errors one letter before, and where the last letter stands in the pattern.
        var before: (UInt64, UInt64) = (0, 0)
        var last: UInt64 = 0
        /// Bytes of a scalar that is not complete.
        var partial: UInt32 = 0
        var missing = 0
        /// The fewest errors with which something read so far, as a whole, is the pattern; 3 = more.
        var prefixErrors = 3
    }

    /// Letters of the pattern.
    let length: Int
    let start: State
    private let limit: Int
    private let end: UInt64
    private var places: [UInt64]  // ASCII
    private var otherPlaces: [UInt32: UInt64] = [:]

    /// The longest pattern: one bit for each letter and one for none.
    static let longest = 63

    /// - Parameters:
    ///   - pattern: folded, valid UTF-8.
    ///   - limit: 0, 1 or 2 errors.
    /// nil for a pattern that is too long or empty.
    init?(_ pattern: [UInt8], limit: Int) {
        let letters = String(decoding: pattern, as: UTF8.self).unicodeScalars.map(\.value)
        guard !letters.isEmpty, letters.count <= Self.longest else { return nil }
        length = letters.count
        self.limit = min(limit, 2)
        end = 1 << UInt64(letters.count)
        places = [UInt64](repeating: 0, count: 128)
        for (place, letter) in letters.enumerated() {
            if letter < 128 {
                places[Int(letter)] |= 1 << UInt64(place)
            } else {
                otherPlaces[letter, default: 0] |= 1 << UInt64(place)
            }
        }
        // With e errors the first e letters may be missing.
        start = State(errors: (1, limit > 0 ? 3 : 0, limit > 1 ? 7 : 0))
    }

    /// The state after one more byte.
    @inline(__always)
    func next(_ state: State, _ byte: UInt8) -> State {
        if byte < 0x80 { return read(state, places[Int(byte)]) }
        var state = state
        if byte >= 0xC0 {
            state.missing = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1
            state.partial = UInt32(byte) & (byte >= 0xF0 ? 0x07 : byte >= 0xE0 ? 0x0F : 0x1F)
            return state
        }
        guard state.missing > 0 else { return state }
        state.partial = state.partial << 6 | UInt32(byte & 0x3F)
        state.missing -= 1
        return state.missing > 0 ? state : read(state, otherPlaces[state.partial] ?? 0)
    }

    /// The state after one more letter, which stands at `places` of the pattern.
    @inline(__always)
    private func read(_ state: State, _ places: UInt64) -> State {
        let (none, one, two) = state.errors
        var next = state
        let none1: UInt64 = (none & places) << 1
        var one1: UInt64 = 0
        var two1: UInt64 = 0
        if limit > 0 {
            // Right; one too many | wrong; one too few; swapped.
            one1 = (one & places) << 1
            one1 |= none | none << 1 | none1 << 1
            one1 |= (state.before.0 & places & state.last >> 1) << 2
        }
        if limit > 1 {
            two1 = (two & places) << 1
            two1 |= one | one << 1 | one1 << 1
            two1 |= (state.before.1 & places & state.last >> 1) << 2
        }
        next.errors = (none1, one1, two1)
        next.before = (none, one)
        next.last = places
        next.prefixErrors = min(state.prefixErrors, errors(of: next))
        return next
    }

    /// Whether no word that begins so can be within the limit.
    @inline(__always)
    func isDead(_ state: State) -> Bool {
        state.errors.0 | state.errors.1 | state.errors.2 == 0
    }

    /// The errors of what was read as the whole word; 3 = more than the limit.
    @inline(__always)
    func errors(of state: State) -> Int {
        if state.errors.0 & end != 0 { return 0 }
        if state.errors.1 & end != 0 { return 1 }
        return state.errors.2 & end != 0 ? 2 : 3
    }
}

extension TextIndex {
    /// A word of the dictionary that is spelled like another.
    struct Spelled {
        var word: Int
        /// Of the whole word; 3 = more than the limit.
        var errors: Int
        /// Of the best beginning of it.
        var prefixErrors: Int
    }

    /// The words within the automaton's limit, or of which a beginning is (`prefixes`), ascending, at most `most`.
    ///
    /// One pass over the sorted dictionary. Words share beginnings, so only what a word has beyond the word before is
    /// read; when a beginning is dead, all words that share it are passed over by ``wordShared`` alone, 64 at a time.
    func words(like automaton: SpellingAutomaton, prefixes: Bool, most: Int) -> [Spelled] {
        var found: [Spelled] = []
        var states = [SpellingAutomaton.State](repeating: automaton.start, count: 256)
        let shared: UnsafePointer<UInt8> = wordShared.pointer
        var word = 0
        var read = 0  // bytes that `states` holds
        while word < words.count, found.count < most {
            var isDead = false
            words.withBytes(word) { bytes in
                states.withUnsafeMutableBufferPointer { states in
                    read = min(read, Int(shared[word]))
                    let length = min(bytes.count, 255)
                    while read < length {
                        states[read + 1] = automaton.next(states[read], bytes[read])
                        read += 1
                        if automaton.isDead(states[read]) {
                            isDead = true
                            return
                        }
                    }
                }
            }
            let state = states[read]
            let errors = isDead ? 3 : automaton.errors(of: state)
            let isPrefix = prefixes && state.prefixErrors < 3
            if errors < 3 || isPrefix {
                found.append(Spelled(word: word, errors: errors, prefixErrors: state.prefixErrors))
            }
            word += 1
            guard isDead, !isPrefix else { continue }
            // All that share the dead beginning. `read` stays: the next word has fewer bytes in common with it.
            while word < words.count {
                if word & 63 == 0, Int(sharedMinima[word / 64]) >= read {
                    word += 64
                } else if Int(shared[word]) >= read {
                    word += 1
                } else {
                    break
                }
            }
            word = min(word, words.count)
        }
        return found
    }
}
