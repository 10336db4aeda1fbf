public enum RankingError: Error, Equatable, CustomStringConvertible {
    case corrupt(path: String, detail: String)
    case featuresDiffer(got: [String], expected: [String])
    case tooFewExamples(scenario: String, positives: Int)
    /// A model that was trained elsewhere; `detail` says what is wrong with it and what to do.
    case model(file: String, detail: String)

    public var description: String {
        switch self {
        case .corrupt(let path, let detail):
            "\(path): \(detail): train again, or roll back to an older bundle"
        case .featuresDiffer(let got, let expected):
            "the ranker was trained on the features \(expected.joined(separator: ", ")), "
                + "got \(got.joined(separator: ", ")): train again with this version"
        case .tooFewExamples(let scenario, let positives):
            "scenario \(scenario): \(positives) positives among its examples are too few to train a ranker on"
        case .model(let file, let detail): "\(file): \(detail)"
        }
    }
}
