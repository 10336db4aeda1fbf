/// Vectors that cannot be indexed, and vectors that are not those of an index.
public enum VectorIndexError: Error, Equatable, CustomStringConvertible {
    case noVectors(name: String)
    case notFinite(name: String, row: Int, coordinate: Int)
    case tooLong(name: String, row: Int)
    case dimension(name: String, got: Int, expected: Int)
    case otherVectors(name: String, got: String, expected: String)
    case tooMany(name: String, got: Int, expected: Int)

    public var description: String {
        switch self {
        case .noVectors(let name): "\(name): no vectors, expected at least one"
        case .notFinite(let name, let row, let coordinate):
            "\(name): row \(row), coordinate \(coordinate) is not a finite number: leave such rows out or repair them"
        case .tooLong(let name, let row):
            "\(name): row \(row) is longer than 1e15, past what 32-bit sums hold: scale the vectors down"
        case .dimension(let name, let got, let expected):
            "\(name): got \(got) coordinates a vector, expected \(expected)"
        case .otherVectors(let name, let got, let expected):
            "\(name): got \(got) vectors, expected the \(expected) that were indexed"
        case .tooMany(let name, let got, let expected): "\(name): got \(got) vectors, expected at most \(expected)"
        }
    }
}
