import MagpieDomain

/// What a ``QueryEncoder`` sees of a text: hashed features that survive typing errors.
///
/// | feature | of "the matrix" | why |
/// |---|---|---|
/// | word | the, matrix | tells most |
/// | bigram | the_matrix | order, and words that are common alone |
/// | n-grams of `<word>`, 3...5 | `<ma` mat ... rix> | beginnings, word forms, two errors far apart (fastText: Bojanowski et al., TACL 2017) |
/// | the word and it less one letter | matrix, atrix, mtrix, marix, matix, matrx, matri | one error anywhere: a word with any one slip shares a deletion with the right word (symmetric delete: Garbe's SymSpell, 2012) |
///
/// A word that starts with a digit ("1999") is exact: word and bigram only. Each feature is a hash modulo
/// `buckets` (the hashing trick: Weinberger et al., ICML 2009).
struct TextFeatures {
    /// Which features to take: all, or words alone for long text, whose spelling is not worth its rows.
    enum Detail { case full, words }

    private enum Kind: UInt64 { case word = 1, bigram, gram, deletion }

    private let mask: UInt64
    private var tokens = TokenBuffer()
    private var padded: [UInt8] = []
    private var starts: [Int] = []
    private var shorter: [UInt8] = []

    /// Longer words have their tail ignored by n-grams and deletions, so that a hostile text costs linear time.
    private static let maxScalars = 24

    /// - Parameter buckets: a power of two.
    init(buckets: Int) {
        precondition(buckets > 0 && buckets & (buckets - 1) == 0, "buckets must be a power of two")
        mask = UInt64(buckets - 1)
    }

    /// Appends the bucket of each feature of the text, with repeats, at most `limit` in all.
    mutating func collect(_ text: String, detail: Detail = .full, limit: Int = .max, into buckets: inout [UInt32]) {
        tokens.analyze(text)
        var previous: UInt64?
        for token in tokens.tokens {
            guard buckets.count < limit else { return }
            let word = hash(tokens.bytes, token.range, .word)
            buckets.append(bucket(word))
            if detail == .words { continue }
            if !token.isJoined {
                if let previous { buckets.append(bucket((previous &* 31 &+ word) ^ Kind.bigram.rawValue)) }
                previous = word
            }
            let first = tokens.bytes[token.start]
            if !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) { spelling(of: token, into: &buckets) }
        }
        if buckets.count > limit { buckets.removeLast(buckets.count - limit) }
    }

    private mutating func spelling(of token: TokenBuffer.Token, into buckets: inout [UInt32]) {
        pad(token)
        let count = starts.count - 1  // scalars, with the two marks
        for length in 3...5 where length <= count {
            for i in 0...(count - length) {
                buckets.append(bucket(hash(padded, starts[i]..<starts[i + length], .gram)))
            }
        }
        let word = 1..<padded.count - 1
        buckets.append(bucket(hash(padded, word, .deletion)))
        guard count > 4 else { return }  // "of" less a letter is any word
        for i in 1..<count - 1 {
            let letter = padded[starts[i]..<starts[i + 1]]
            if i > 1, letter.elementsEqual(padded[starts[i - 1]..<starts[i]]) { continue }  // the same string again
            shorter.removeAll(keepingCapacity: true)
            shorter.append(contentsOf: padded[1..<letter.startIndex])
            shorter.append(contentsOf: padded[letter.endIndex..<padded.count - 1])
            buckets.append(bucket(hash(shorter, 0..<shorter.count, .deletion)))
        }
    }

    /// `padded` = `<word>`, `starts` = where its scalars start, and its end.
    private mutating func pad(_ token: TokenBuffer.Token) {
        padded.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        padded.append(UInt8(ascii: "<"))
        starts.append(0)
        for i in token.range {
            let byte = tokens.bytes[i]
            if byte & 0xC0 != 0x80 {  // not a continuation byte
                if starts.count > Self.maxScalars { break }
                starts.append(padded.count)
            }
            padded.append(byte)
        }
        starts.append(padded.count)
        padded.append(UInt8(ascii: ">"))
        starts.append(padded.count)
    }

    private func hash(_ bytes: [UInt8], _ range: Range<Int>, _ kind: Kind) -> UInt64 {
        bytes.withUnsafeBytes {
            StableHash.xxh64(UnsafeRawBufferPointer(rebasing: $0[range]), seed: kind.rawValue)
        }
    }

    private func bucket(_ hash: UInt64) -> UInt32 {
        // The high half of the product mixes the bigram's sum; the low bits of xxHash64 would do for the rest.
        UInt32(truncatingIfNeeded: ((hash &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask)
    }
}
