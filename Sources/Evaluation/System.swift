import MagpieDomain
import MagpieOnline

/// One way of answering that is measured by itself.
public enum System: Sendable, Hashable {
    case retriever(String)
    /// All retrievers of the scenario, ranker off.
    case fusion
    /// As it is served.
    case whole

    public var name: String {
        switch self {
        case .retriever(let name): name
        case .fusion: "fusion"
        case .whole: "whole"
        }
    }

    /// What can be measured of a scenario: each of its retrievers, their fusion, and the whole where there is a
    /// ranker.
    public static func all(of scenario: Scenario, in snapshot: Snapshot) -> [System] {
        let retrievers = snapshot.retrievers.map(\.name).filter(scenario.retrievers.contains)
        return retrievers.map(System.retriever) + [.fusion]
            + (snapshot.hasRanker(for: scenario.name) ? [.whole] : [])
    }

    /// The items that this system answers a question with, best first.
    public func answer(_ question: Question, _ recommender: Recommender, count: Int) throws -> [ItemKey] {
        var request = Request(question, count: count)
        switch self {
        case .retriever(let name): request.onlyRetriever = name
        case .fusion: request.useRanker = false
        case .whole: break
        }
        return try recommender.answer(request, now: question.now).entries.map(\.id.key)
    }
}
