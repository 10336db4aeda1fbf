import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation

/// Whether a bundle made by another configuration than the published one's may take its place.
///
/// Numbers of two windows cannot be compared: the published bundle's were measured when there were other events. So the
/// published *configuration*, which its manifest holds, is fitted once more on what the candidate's twin knows, and both
/// twins are asked the same questions. Worse beyond noise (paired bootstrap over the users, 95 %) in any scenario that
/// both have: the bundle is built and not published.
///
/// What events mean (`events`) is a matter of the question, not of the answer: both are asked with the candidate's.
/// Where the configurations are the same there is nothing to compare. The stage cache makes it cheap: usually the
/// published configuration's twin differs from the candidate's in a few stages.
public struct Gate {
    public struct Report: Sendable, Codable {
        /// The published bundle.
        public var against: String
        /// Candidate less published, a scenario each.
        public var comparisons: [EvaluationTable.Comparison]
        /// Why nothing was compared; nil when something was.
        public var problem: String?
        public var isWorse: Bool { comparisons.contains { $0.high < 0 } }

        init(against: String, comparisons: [EvaluationTable.Comparison] = [], problem: String? = nil) {
            self.against = against
            self.comparisons = comparisons
            self.problem = problem
        }

        enum CodingKeys: String, CodingKey { case against, comparisons, problem }
    }

    private static let metric = Metrics.shown[0]

    let training: Training
    let plan: Plan
    let published: BundleManifest

    /// nil when there is nothing to compare.
    /// - Parameter candidate: what the candidate's twin answered.
    func report(_ candidate: [ScenarioAnswers]) throws -> Report? {
        var other: Configuration
        do {
            other = try Configuration(
                json: JSONEncoder().encode(published.configuration), file: "the manifest of \(published.id)")
        } catch let error as ConfigurationError {
            return Report(against: published.id, problem: "\(error)")
        }
        other.events = training.configuration.events
        if other == training.configuration { return nil }
        let bundle: Fit.Bundle
        do {
            bundle = try twin(of: other)
        } catch let error as ArtifactError {
            // Its own vectors' file may be gone, say.
            return Report(against: published.id, problem: "its configuration cannot be fitted again: \(error)")
        }
        let comparisons = try candidate.compactMap { answers in
            try other.scenarios.contains { $0.name == answers.scenario } ? compare(answers, bundle, other) : nil
        }
        return Report(
            against: published.id, comparisons: comparisons,
            problem: comparisons.isEmpty ? "no scenario of that name has a question" : nil)
    }

    private func fit(_ configuration: Configuration) -> Fit {
        var training = training
        training.configuration = configuration
        return Fit(training: training, runner: plan.fit.runner, history: plan.history, known: plan.known)
    }

    /// `fit(T1)` by another configuration: the same outer cut, the inner one as that configuration has it.
    private func twin(of configuration: Configuration) throws -> Fit.Bundle {
        let inner = Split.ofExamples(plan.history, rows: plan.outer.known, configuration, kind: plan.outer.kind)
        let fit = fit(configuration)
        return try fit.bundle(
            window: "published twin", asked: inner,
            refit: fit.dataset(plan.outer.known, asOf: plan.outer.catalogueAsOf))
    }

    private func compare(
        _ candidate: ScenarioAnswers, _ bundle: Fit.Bundle, _ configuration: Configuration
    ) throws -> EvaluationTable.Comparison? {
        let questions = candidate.asked.map(\.question)
        let published = try fit(configuration).ask(
            questions, [.whole], scenario: candidate.scenario, bundle, plan.outer, window: "published twin")
        // As each is served: by its ranker, else by fusion.
        guard let a = candidate.values(of: Self.metric, .whole) ?? candidate.values(of: Self.metric, .fusion),
            let b = published.values(of: Self.metric, .whole)
        else { return nil }
        let users = questions.map(\.user)
        return EvaluationTable.Comparison(
            scenario: candidate.scenario, metric: Self.metric.name, system: "candidate", against: "published",
            PairedBootstrap(Self.means(a, users), Self.means(b, users), seed: training.seed))
    }

    /// One value a user, who may have asked often: their mean. Who is nobody in particular counts by request. In the
    /// order of first appearance.
    static func means(_ values: [Double], _ users: [UserKey?]) -> [Double] {
        var places: [UserKey: Int] = [:]
        var sums: [(sum: Double, count: Double)] = []
        for (value, user) in zip(values, users) {
            if let place = user.flatMap({ places[$0] }) {
                sums[place].sum += value
                sums[place].count += 1
            } else {
                if let user { places[user] = sums.count }
                sums.append((value, 1))
            }
        }
        return sums.map { $0.sum / $0.count }
    }
}
