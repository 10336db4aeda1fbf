import MagpieDomain
import MagpieOnline

extension Request {
    /// The request that a question stands for. Its id is made of its own moment: asking draws no random numbers.
    public init(
        _ question: Question, count: Int = 10, useRanker: Bool? = nil, onlyRetriever: String? = nil
    ) {
        self.init(
            id: RequestID(at: question.now, random: (question.user?.raw ?? 0, UInt64(question.position))),
            scenario: question.scenario, user: question.user, text: question.text, seed: question.seed, count: count,
            useRanker: useRanker, onlyRetriever: onlyRetriever)
    }
}
