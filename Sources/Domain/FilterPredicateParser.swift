extension FilterPredicate {
    /// Recursive descent over Unicode scalars:
    ///
    ///     disjunction = conjunction *("OR" conjunction)
    ///     conjunction = negation *("AND" negation)
    ///     negation    = "NOT" negation / "(" disjunction ")" / condition
    ///     condition   = field ":" (value / "*") / field (">" / ">=" / "<" / "<=") value
    struct Parser {
        struct Token {
            enum Kind: Equatable { case word, quoted, open, close, colon, comparison }
            var kind: Kind
            var text: String
            var position: Int
        }

        private let notation: String
        private let scalars: [Unicode.Scalar]
        private var position = 0
        private var ahead: Token?

        init(_ notation: String) {
            self.notation = notation
            scalars = Array(notation.unicodeScalars)
        }

        static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

        /// A field ends at anything that means something; a value may hold `:`, `<`, `>` and `=` (times, links).
        static func endsField(_ scalar: Unicode.Scalar) -> Bool {
            isSpace(scalar) || [":", "<", ">", "=", "(", ")", "\"", "\\"].contains(scalar)
        }

        private static func endsValue(_ scalar: Unicode.Scalar) -> Bool {
            isSpace(scalar) || ["(", ")", "\""].contains(scalar)
        }

        func error(at token: Token?, expected: String) -> FilterPredicateError {
            let place = token?.position ?? scalars.count
            let characters = String(String.UnicodeScalarView(scalars[..<place])).count
            let got = token.map { "\"\($0.text)\"" } ?? "the end"
            return FilterPredicateError(text: notation, position: characters + 1, got: got, expected: expected)
        }

        mutating func disjunction(depth: Int) throws -> FilterPredicate {
            var parts = [try conjunction(depth: depth)]
            while try takes("OR") { parts.append(try conjunction(depth: depth)) }
            return parts.count == 1 ? parts[0] : .or(parts)
        }

        private mutating func conjunction(depth: Int) throws -> FilterPredicate {
            var parts = [try negation(depth: depth)]
            while try takes("AND") { parts.append(try negation(depth: depth)) }
            return parts.count == 1 ? parts[0] : .and(parts)
        }

        private mutating func negation(depth: Int) throws -> FilterPredicate {
            guard depth < FilterPredicate.depthLimit else {
                throw error(
                    at: try peek(), expected: "at most \(FilterPredicate.depthLimit) levels of NOT and parentheses")
            }
            if try takes("NOT") { return .not(try negation(depth: depth + 1)) }
            guard let token = try peek(), token.kind == .open else { return try condition() }
            ahead = nil
            let inner = try disjunction(depth: depth + 1)
            guard let close = try peek(), close.kind == .close else {
                throw error(at: try peek(), expected: "AND, OR or \")\"")
            }
            ahead = nil
            return inner
        }

        private mutating func condition() throws -> FilterPredicate {
            let start = "a condition such as genres:Action or year>=1990"
            guard let field = try peek(), field.kind == .word || field.kind == .quoted else {
                throw error(at: try peek(), expected: start)
            }
            let isOperator = field.kind == .word && ["AND", "OR"].contains(field.text)
            guard !isOperator, !field.text.isEmpty else { throw error(at: field, expected: start) }
            ahead = nil
            guard let sign = try peek(), sign.kind == .colon || sign.kind == .comparison else {
                throw error(at: try peek(), expected: ":, <, <=, > or >= after the field \"\(field.text)\"")
            }
            ahead = nil
            guard let value = try value() else {
                throw error(at: try peek(), expected: "a value (in quotes if it holds space or parentheses)")
            }
            guard let comparison = Comparison(rawValue: sign.text) else {
                let isStar = value.kind == .word && value.text == "*"
                return isStar ? .exists(field.text) : .equals(field.text, PredicateText(value.text))
            }
            let text = PredicateText(value.text)
            if let number = text.number { return .compares(field.text, comparison, .number(number)) }
            if let time = text.time { return .compares(field.text, comparison, .time(time)) }
            throw error(at: value, expected: "a number, or a time such as 2024-01-31 or 2024-01-31T08:30:00Z")
        }

        private mutating func takes(_ keyword: String) throws -> Bool {
            guard let token = try peek(), token.kind == .word, token.text == keyword else { return false }
            ahead = nil
            return true
        }

        mutating func peek() throws -> Token? {
            if ahead == nil { ahead = try scan() }
            return ahead
        }

        private mutating func skipSpace() {
            while position < scalars.count, Self.isSpace(scalars[position]) { position += 1 }
        }

        private mutating func scan() throws -> Token? {
            skipSpace()
            guard position < scalars.count else { return nil }
            let begin = position
            switch scalars[position] {
            case "(": return single(.open)
            case ")": return single(.close)
            case ":": return single(.colon)
            case "\"": return try quotedToken()
            case "<", ">":
                position += 1
                if position < scalars.count, scalars[position] == "=" { position += 1 }
                return token(.comparison, from: begin)
            default:
                if Self.endsField(scalars[position]) {
                    throw error(at: single(.word), expected: "a field, a value or one of ( ) : < <= > >=")
                }
                while position < scalars.count, !Self.endsField(scalars[position]) { position += 1 }
                return token(.word, from: begin)
            }
        }

        /// What follows `:` or a comparison; nil when nothing that can be a value does.
        private mutating func value() throws -> Token? {
            precondition(ahead == nil)
            skipSpace()
            guard position < scalars.count else { return nil }
            if scalars[position] == "\"" { return try quotedToken() }
            let begin = position
            while position < scalars.count, !Self.endsValue(scalars[position]) { position += 1 }
            return position > begin ? token(.word, from: begin) : nil
        }

        private mutating func single(_ kind: Token.Kind) -> Token {
            position += 1
            return token(kind, from: position - 1)
        }

        private func token(_ kind: Token.Kind, from begin: Int) -> Token {
            Token(kind: kind, text: String(String.UnicodeScalarView(scalars[begin..<position])), position: begin)
        }

        private mutating func quotedToken() throws -> Token {
            let begin = position
            var text = String.UnicodeScalarView()
            position += 1
            while position < scalars.count {
                let scalar = scalars[position]
                position += 1
                switch scalar {
                case "\"": return Token(kind: .quoted, text: String(text), position: begin)
                case "\\" where position < scalars.count && ["\"", "\\"].contains(scalars[position]):
                    text.append(scalars[position])
                    position += 1
                default: text.append(scalar)
                }
            }
            throw error(at: nil, expected: "the closing quote")
        }
    }
}
