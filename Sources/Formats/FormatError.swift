/// What is wrong with somebody's file.
public enum FormatError: Error, Equatable, CustomStringConvertible {
    case cannotRead(file: String, reason: String)
    /// The header does not say what is needed.
    case badHeader(file: String, problem: String)
    /// A row that can be set aside: the reader stands after it and may go on.
    case badRow(BadRow)
    /// A row behind which no other row can be found.
    case unreadable(file: String, line: Int, problem: String)
    /// Numbers for times, and nobody said of what.
    case noTimeUnit(file: String, line: Int, column: String, text: String)
    /// A binary file of vectors or ids that is not what it should be; `place` is "header", "row 17", or empty for
    /// the whole.
    case badVectors(file: String, place: String, problem: String)

    public var description: String {
        switch self {
        case .cannotRead(let file, let reason): "\(file): \(reason)"
        case .badHeader(let file, let problem): "\(file):1: \(problem)"
        case .badRow(let row):
            "\(row.file):\(row.line): \(row.problem): correct the row, or pass --skip-bad-rows to set such rows aside"
        case .unreadable(let file, let line, let problem): "\(file):\(line): \(problem)"
        case .noTimeUnit(let file, let line, let column, let text):
            "\(file):\(line): column \"\(column)\": \"\(text)\" is a number: "
                + "say what it counts with --time-unit s, ms or us"
        case .badVectors(let file, let place, let problem):
            place.isEmpty ? "\(file): \(problem)" : "\(file): \(place): \(problem)"
        }
    }
}

/// One row that makes no sense.
public struct BadRow: Sendable, Equatable {
    public var file: String
    /// From 1; of the row's first line.
    public var line: Int
    public var problem: String
    /// The row as it stands in the file, without its line end.
    public var text: String

    public init(file: String, line: Int, problem: String, text: String) {
        self.file = file
        self.line = line
        self.problem = problem
        self.text = text
    }
}

/// Reads one file row by row, without holding it.
public protocol RowReader<Row> {
    associatedtype Row

    /// The next row; nil at the end.
    /// - Throws: ``FormatError``. After ``FormatError/badRow(_:)`` the next call goes on behind the row.
    func next() throws -> Row?

    /// An error about the row that was read last, for what its receiver finds wrong with it.
    func badRow(_ problem: String) -> FormatError

    /// How much of the file has been read, in bytes, for a progress bar.
    var bytesRead: Int { get }
}

/// What is wrong with a value; the place is added by who knows it.
public struct ValueProblem: Error, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
