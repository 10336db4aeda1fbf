/// What is wrong with a file or value that an evaluation reads or writes. One line: the place, what was found, what
/// was expected.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
    case cannotRead(path: String, got: String)
    case badLine(path: String, line: Int, got: String, expected: String)
    /// An id that cannot stand in a TREC run, whose columns are divided by space.
    case unwritableID(got: String)

    public var description: String {
        switch self {
        case .cannotRead(let path, let got):
            "\(path): cannot read it: \(got). Check the path and its permissions"
        case .badLine(let path, let line, let got, let expected):
            "\(path), line \(line): got \(Self.oneLine(got)), expected \(expected)"
        case .unwritableID(let got):
            "the id \(Self.oneLine(got)) is empty or holds space, which a TREC run cannot hold: "
                + "write JSON Lines (--format jsonl), or rename it"
        }
    }

    private static func oneLine(_ text: String) -> String {
        "\"" + text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: false) }.joined() + "\""
    }
}
