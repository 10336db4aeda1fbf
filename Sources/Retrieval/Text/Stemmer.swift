import CStemmer

/// One of Snowball's stemmers (Porter, "Snowball: a language for stemming algorithms", 2001): "walking", "walks" and
/// "walked" become "walk". The only file that knows libstemmer.
///
/// Not for two threads at once: the library writes the result into the stemmer.
final class Stemmer {
    private let stemmer: OpaquePointer

    /// - Parameter language: an ISO 639-1 code; nil for a language that has no stemmer.
    init?(language: String) {
        guard Self.languages.contains(language), let stemmer = sb_stemmer_new(language, "UTF_8") else { return nil }
        self.stemmer = stemmer
    }

    deinit { sb_stemmer_delete(stemmer) }

    /// Languages that a stemmer exists for. The library knows them by other names, too; one name each keeps equal
    /// configurations equal.
    static let languages = [
        "ar", "ca", "da", "de", "el", "en", "es", "eu", "fi", "fr", "ga", "hi", "hu", "hy", "id", "it", "lt", "ne",
        "nl", "no", "pt", "ro", "ru", "sr", "sv", "ta", "tr", "yi",
    ]

    /// Puts the stem of a word of lower-case UTF-8 in place of `stem`. A word that comes out empty stays as it was.
    func stem(_ word: UnsafeBufferPointer<UInt8>, into stem: inout [UInt8]) {
        stem.removeAll(keepingCapacity: true)
        if let base = word.baseAddress, let length = Int32(exactly: word.count),
            let found = sb_stemmer_stem(stemmer, base, length)
        {
            stem.append(contentsOf: UnsafeBufferPointer(start: found, count: Int(sb_stemmer_length(stemmer))))
        }
        if stem.isEmpty { stem.append(contentsOf: word) }
    }
}
