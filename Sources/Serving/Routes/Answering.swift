import Hummingbird
import MagpieDomain
import MagpieOnline

/// Whether a question is answered from what is known now, or from a list made ahead of time.
enum AnswerMode: String, CaseIterable {
    /// Now; from a list only when there is no time, or no bundle.
    case realtime
    /// From a list, or with what is popular: no model is asked.
    case batch
    /// From a list; where there is none one is made, and kept until it expires.
    case auto
}

/// From a question to a response, for every route that answers with a list.
struct Answering: Sendable {
    /// Questions are short; a body beyond this is a mistake.
    static let bodyLimit = 1 << 20

    let live: LiveHome
    let served: ServedLog
    /// nil: a server without lists.
    let lists: ListShelf?
    let metrics: AnswerMetrics

    func response(to question: Question) throws -> Response {
        let answer = try answer(question)
        return .json { $0.write(answer) }
    }

    /// Answers, and takes down what was answered.
    func answer(_ question: Question) throws -> Answer {
        let now = Timestamp.now
        let answer = try answer(question, now)
        metrics.add(answer)
        if let trace = Trace.current, let work = answer.work { trace.add(work) }
        served.append(ServedList(answer, user: question.userKey, query: question.text, seed: question.seed))
        return answer
    }

    private func answer(_ question: Question, _ now: Timestamp) throws -> Answer {
        var request = question.request(at: now)
        request.mayExplore = (question.mode ?? .realtime) == .realtime
        guard let lists, request.isPlain, let user = request.user, let name = question.userName else {
            return try live.answer(request, now: now)
        }
        func listed() throws -> Answer? {
            guard let list = lists.list(of: user, scenario: request.scenario, now: now) else { return nil }
            return try live.answer(request, from: list, now: now)
        }
        switch question.mode ?? .realtime {
        case .realtime:
            let began = ContinuousClock.now
            do {
                let answer = try live.answer(request, now: now)
                let isLate = ContinuousClock.now - began >= live.timeLimit
                return isLate && answer.rung == .popular ? try listed() ?? answer : answer
            } catch let error as APIError where error == .notReady {
                if let answer = try listed() { return answer }
                throw error
            }
        case .batch:
            if let answer = try listed() { return answer }
            var popular = request
            popular.onlyRetriever = "popular"
            do {
                return try live.answer(popular, now: now)
            } catch RequestError.unknownRetriever {  // a bundle without it
                return try live.answer(request, now: now)
            }
        case .auto:
            if let answer = try listed(), answer.entries.count == request.count { return answer }
            // A list is for everybody who comes until it expires, so it holds what is left out of this answer, too.
            guard request.filter == nil, request.exclude.isEmpty else { return try live.answer(request, now: now) }
            var longer = request
            longer.count = max(request.count, lists.options.count)
            let began = ThreadTime.microseconds
            var answer = try live.answer(longer, now: now)
            lists.keep(
                answer.list(for: name, key: user, options: lists.options),
                microseconds: ThreadTime.microseconds - began)
            answer.entries.removeLast(max(answer.entries.count - request.count, 0))
            return answer
        }
    }

    /// The question in the query of a GET or the body of a POST.
    func question(_ request: Request, scenario: Scenario) async throws -> Question {
        if request.method == .post {
            return try Question(body: try await request.bytes(limit: Self.bodyLimit), scenario: scenario)
        }
        return try Question(try QueryString.fields(request.uri.query ?? ""), scenario: scenario)
    }
}
