import Foundation

/// A text as words: letters and digits in lower case without accents, one space between two words. UTF-8.
///
///     "Matrix, The (1999)"  ->  "matrix the 1999", mainWords 2
struct FoldedText {
    private(set) var bytes: [UInt8] = []
    /// Where each word stands in ``bytes``.
    private(set) var words: [Range<Int>] = []
    /// How many words stand before the first parenthesis; all, where that would be none.
    private(set) var mainWords = 0
    /// Whether what was read of the text is ASCII.
    private(set) var isASCII = true

    /// So many bytes of a text are read, and no more: comparing words with words takes their number squared, and a text
    /// may be a book.
    static let most = 512

    init(_ text: String) {
        var copy = text
        copy.withUTF8 { read($0) }
    }

    init() {}

    /// Reads another text in place of this one, keeping the memory.
    mutating func read(_ text: UnsafeBufferPointer<UInt8>) {
        let text = UnsafeBufferPointer(rebasing: text.prefix(Self.most))
        bytes.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        mainWords = 0
        isASCII = text.allSatisfy { $0 < 128 }
        var begin: Int?
        var hasParenthesis = false
        func end(_ words: inout [Range<Int>]) {
            if let start = begin { words.append(start..<bytes.count) }
            begin = nil
        }
        if isASCII {
            for byte in text {
                let isUpper = byte &- 65 < 26
                if isUpper || byte &- 97 < 26 || byte &- 48 < 10 {
                    if begin == nil {
                        if !words.isEmpty { bytes.append(32) }
                        begin = bytes.count
                    }
                    bytes.append(isUpper ? byte + 32 : byte)
                    continue
                }
                end(&words)
                if byte == 40, !hasParenthesis {
                    hasParenthesis = true
                    mainWords = words.count
                }
            }
        } else {
            let folded = String(decoding: text, as: UTF8.self)
                .folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
            for scalar in folded.unicodeScalars {
                if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                    if begin == nil {
                        if !words.isEmpty { bytes.append(32) }
                        begin = bytes.count
                    }
                    bytes.append(contentsOf: String(scalar).utf8)
                    continue
                }
                end(&words)
                if scalar == "(", !hasParenthesis {
                    hasParenthesis = true
                    mainWords = words.count
                }
            }
        }
        end(&words)
        if mainWords == 0 { mainWords = words.count }
    }
}
