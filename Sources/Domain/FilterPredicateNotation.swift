/// What is wrong with the notation of a ``FilterPredicate``, and where.
public struct FilterPredicateError: Error, Equatable, CustomStringConvertible {
    public let text: String
    /// The character where it went wrong, from 1; one past the last = at the end.
    public let position: Int
    public let got: String
    public let expected: String

    public var description: String {
        let shown = text.count > 120 ? text.prefix(120) + "..." : text[...]
        let line = shown.unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
        return "filter \(line), character \(position): got \(got), expected \(expected)"
    }
}

extension FilterPredicate: CustomStringConvertible {
    /// Parentheses and `NOT` may nest this deep: the parser and the evaluation call themselves once a level.
    public static let depthLimit = 100

    /// Reads the notation described at ``FilterPredicate``. Throws ``FilterPredicateError``.
    public init(_ notation: String) throws {
        var parser = Parser(notation)
        self = try parser.disjunction(depth: 0)
        if let rest = try parser.peek() { throw parser.error(at: rest, expected: "AND, OR or the end") }
    }

    /// The notation; reading it gives an equal predicate.
    public var description: String { written(inside: 0) }

    /// `inside`: 0 = at the top, 1 = a part of OR, 2 = a part of AND, 3 = after NOT.
    private func written(inside level: Int) -> String {
        switch self {
        case .or(let parts) where parts.count != 1:
            let text = parts.map { $0.written(inside: 1) }.joined(separator: " OR ")
            return level > 0 ? "(\(text))" : text
        case .and(let parts) where parts.count != 1:
            let text = parts.map { $0.written(inside: 2) }.joined(separator: " AND ")
            return level > 1 ? "(\(text))" : text
        case .or(let parts), .and(let parts): return parts.map { $0.written(inside: level) }.joined()
        case .not(let part): return "NOT \(part.written(inside: 3))"
        case .exists(let field): return "\(Self.quoted(field)):*"
        case .equals(let field, let text): return "\(Self.quoted(field)):\(Self.quoted(text.text))"
        case .compares(let field, let comparison, .number(let number)):
            return "\(Self.quoted(field))\(comparison.rawValue)\(number)"
        case .compares(let field, let comparison, .time(let time)):
            return "\(Self.quoted(field))\(comparison.rawValue)\(time.iso8601Milliseconds)"
        }
    }

    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty && !["AND", "OR", "NOT", "*"].contains(word)
            && word.unicodeScalars.allSatisfy { !Parser.endsField($0) }
        if isPlain { return word }
        var text = "\""
        for scalar in word.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}

extension Timestamp {
    /// With the milliseconds, when there are any: what reading gives back exactly.
    fileprivate var iso8601Milliseconds: String {
        let rest = milliseconds % 1000
        guard rest != 0 else { return iso8601 }
        let digits = String(rest < 0 ? rest + 1000 : rest)
        let whole = Timestamp(milliseconds: milliseconds - (rest < 0 ? rest + 1000 : rest)).iso8601
        return whole.dropLast() + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }
}
