public enum RankingError: Error, Equatable, CustomStringConvertible {
    case corrupt(path: String, detail: String)
    /// A ranker was trained on features that nobody computes any more.
    case noFeatures(scenario: String, missing: [String])
    /// A ranker was trained on the same features in another order, or without some that another scenario's has.
    case featuresDiffer(scenario: String)
    case tooFewExamples(scenario: String, positives: Int)
    /// A model that was trained elsewhere; `detail` says what is wrong with it and what to do.
    case model(file: String, detail: String)

    public var description: String {
        switch self {
        case .corrupt(let path, let detail):
            "\(path): \(detail): train again, or roll back to an older bundle"
        case .noFeatures(let scenario, let missing):
            "the ranker of \(scenario) needs \(missing.prefix(5).joined(separator: ", "))"
                + (missing.count > 5 ? " and \(missing.count - 5) features more" : "")
                + ", which this version does not compute from this bundle: train again, or roll back to an older bundle"
        case .featuresDiffer(let scenario):
            "the ranker of \(scenario) was trained on other columns than the bundle's other rankers: train again"
        case .tooFewExamples(let scenario, let positives):
            "scenario \(scenario): \(positives) positives stand in a request beside something that is none, and a ranker "
                + "needs \(Examples.fewestPositives) to learn from: give it more requests that have both"
        case .model(let file, let detail): "\(file): \(detail)"
        }
    }
}
