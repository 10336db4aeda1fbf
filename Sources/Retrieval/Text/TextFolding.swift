import Foundation

/// Case, diacritic and compatibility folding: "Amélie" and "AMELIE", "ﬁlm" and "film" become the same bytes.
///
/// The output is a byte string of three classes, so that ``TextAnalyzer`` needs no Unicode tables:
/// word bytes (`a-z`, `0-9`, and UTF-8 above 0x7F), joiners (`'`, `-`, `.`) and separators (space).
///
/// ASCII is one pass over bytes. Anything else goes through NFKD (Unicode Standard Annex 15), then drops combining
/// diacritics, then lowers; letters that do not decompose ("ø", "ß", "æ") have a table. Marks of scripts in which
/// they carry the vowels (Devanagari, Thai) are kept. Ideographs and hiragana, written without spaces, become one
/// token each, and so do pictographs.
enum TextFolding {
    static let separator = UInt8(ascii: " ")
    static let apostrophe = UInt8(ascii: "'")
    static let hyphen = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")

    /// Appends the folded bytes of `text`.
    /// - Parameter keepingMarks: diacritics and letters stay (in composed form) for a stemmer whose rules need them.
    static func fold(_ text: String, keepingMarks: Bool = false, into bytes: inout [UInt8]) {
        var text = text
        let isASCII = text.withUTF8 { utf8 in
            guard utf8.allSatisfy({ $0 < 0x80 }) else { return false }
            bytes.reserveCapacity(bytes.count + utf8.count)
            for byte in utf8 { foldASCII(byte, into: &bytes) }
            return true
        }
        if isASCII { return }
        let normal =
            keepingMarks
            ? text.precomposedStringWithCompatibilityMapping : text.decomposedStringWithCompatibilityMapping
        for scalar in normal.unicodeScalars {
            if scalar.isASCII {
                foldASCII(UInt8(truncatingIfNeeded: scalar.value), into: &bytes)
            } else if keepingMarks, scalar.properties.isAlphabetic, !standsAlone(scalar) {
                bytes.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
            } else {
                foldOther(scalar, into: &bytes)
            }
        }
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
        default: false
        }
    }

    @inline(__always)
    private static func foldASCII(_ byte: UInt8, into bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): bytes.append(byte)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
        case UInt8(ascii: "'"), UInt8(ascii: "`"): bytes.append(apostrophe)
        case UInt8(ascii: "-"): bytes.append(hyphen)
        case UInt8(ascii: "."), UInt8(ascii: "*"): bytes.append(dot)  // E.T., M*A*S*H
        case UInt8(ascii: "&"): bytes.append(contentsOf: " and ".utf8)
        default: bytes.append(separator)
        }
    }

    private static func foldOther(_ scalar: Unicode.Scalar, into bytes: inout [UInt8]) {
        switch scalar.value {
        case 0x300...0x36F, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF, 0x3099...0x309A: return  // diacritics
        case 0xAD, 0x200C, 0x200D, 0xFE00...0xFE0F: return  // soft hyphen, joiner controls, variation selectors
        case 0x2018, 0x2019, 0x201B, 0x2BC, 0x2B9, 0x5F3, 0xB4: bytes.append(apostrophe)
        case 0x2010, 0xB7, 0x2027, 0x30FB: bytes.append(hyphen)
        case 0xDF, 0x1E9E: bytes.append(contentsOf: "ss".utf8)
        case 0xC6, 0xE6: bytes.append(contentsOf: "ae".utf8)
        case 0x152, 0x153: bytes.append(contentsOf: "oe".utf8)
        case 0xDE, 0xFE: bytes.append(contentsOf: "th".utf8)
        case 0xD8, 0xF8: bytes.append(UInt8(ascii: "o"))
        case 0xD0, 0xF0, 0x110, 0x111: bytes.append(UInt8(ascii: "d"))
        case 0x141, 0x142: bytes.append(UInt8(ascii: "l"))
        case 0x126, 0x127: bytes.append(UInt8(ascii: "h"))
        case 0x131: bytes.append(UInt8(ascii: "i"))
        default:
            let properties = scalar.properties
            let standsAlone = standsAlone(scalar)
            guard standsAlone || isWord(properties) else {
                // The colour of a hand is no other hand.
                if !(0x1F3FB...0x1F3FF).contains(scalar.value) { bytes.append(separator) }
                return
            }
            if standsAlone { bytes.append(separator) }
            bytes.append(contentsOf: properties.lowercaseMapping.utf8)
            if standsAlone { bytes.append(separator) }
        }
    }

    /// Written without spaces around it: an ideograph, hiragana, a pictograph.
    private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        guard value >= 0x2190 else { return false }
        if (0x3041...0x309F).contains(value) || scalar.properties.isIdeographic { return true }
        return scalar.properties.isEmoji && !(0x1F3FB...0x1F3FF).contains(value)
    }

    private static func isWord(_ properties: Unicode.Scalar.Properties) -> Bool {
        if properties.isAlphabetic { return true }
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber, .nonspacingMark, .spacingMark: return true
        default: return false
        }
    }
}
