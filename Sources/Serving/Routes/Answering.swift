import Hummingbird
import MagpieDomain
import MagpieOnline

/// From a question to a response, for every route that answers with a list.
struct Answering: Sendable {
    /// Questions are short; a body beyond this is a mistake.
    static let bodyLimit = 1 << 20

    let live: LiveHome
    let served: ServedLog

    func response(to question: Question) throws -> Response {
        let answer = try answer(question)
        return .json { $0.write(answer) }
    }

    /// Answers, and takes down what was answered.
    func answer(_ question: Question) throws -> Answer {
        let now = Timestamp.now
        let answer = try live.answer(question.request(at: now), now: now)
        served.append(ServedList(answer, user: question.userKey, query: question.text, seed: question.seed))
        return answer
    }

    /// The question in the query of a GET or the body of a POST.
    func question(_ request: Request, scenario: Scenario) async throws -> Question {
        if request.method == .post {
            return try Question(body: try await request.bytes(limit: Self.bodyLimit), scenario: scenario)
        }
        return try Question(try QueryString.fields(request.uri.query ?? ""), scenario: scenario)
    }
}
