import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct GateTests {
    /// Knows what is popular and nothing else.
    private static var worse: Configuration {
        var configuration = TrainedWorld.configuration
        for place in configuration.scenarios.indices where configuration.scenarios[place].name == "home" {
            configuration.scenarios[place].retrievers = ["popular"]
            configuration.scenarios[place].useRanker = false
        }
        return configuration
    }

    @Test func worseIsBuiltAndNotPublished() throws {
        let home = try TrainedWorld(PlantedWorld())
        let good = try home.train()
        #expect(good.isPublished && good.gate == nil)
        let bad = try home.train(Self.worse)
        let gate = try #require(bad.gate)
        #expect(!bad.isPublished && gate.isWorse && gate.against == good.bundle && gate.problem == nil)
        #expect(gate.comparisons.map(\.scenario) == ["home", "similar", "search"])
        let home1 = try #require(gate.comparisons.first)
        #expect(home1.difference < -0.2 && home1.high < 0 && home1.metric == "ndcg@10")
        #expect(try home.bundles.currentID() == good.bundle && bad.bundle != good.bundle)
        try home.bundles.open(bad.bundle).verify()
        // The same again is the same bundle, and refused again; by force it is published.
        let again = try home.train(Self.worse)
        let all = try home.bundles.all()
        #expect(again.bundle == bad.bundle && !again.isPublished && all.count == 2)
        let forced = try home.training(Self.worse).run(log: home.store, catalogue: home.store, isForced: true)
        #expect(forced.isPublished && forced.gate?.isWorse == true)
        #expect(try home.bundles.currentID() == forced.bundle)

        // Better than what is published now: taken. And the same configuration is compared with nothing.
        let back = try home.train()
        #expect(back.isPublished && back.gate?.isWorse == false)
        #expect(back.gate?.comparisons.first.map { $0.low > 0 } == true)
        #expect(try home.train().gate == nil)
    }

    /// Not worse beyond noise, so it passes; what the two have in common is not made twice.
    @Test func equalPasses() throws {
        let home = try TrainedWorld(PlantedWorld(users: 30))
        _ = try home.train()
        var configuration = TrainedWorld.configuration
        configuration.ranker.model.l2 = 0.031
        let other = try home.train(configuration)
        #expect(other.isPublished && other.gate.map { !$0.isWorse && $0.comparisons.count == 3 } == true)
        let twins = other.stages.filter { $0.window.hasPrefix("published twin") && $0.stage != "evaluate" }
        #expect(!twins.isEmpty && twins.allSatisfy(\.reused))
    }

    /// Another idea of what a like is changes the question, which is then asked of both.
    @Test func whatEventsMeanIsTheCandidates() throws {
        let home = try TrainedWorld(PlantedWorld(users: 30))
        _ = try home.train()
        var configuration = TrainedWorld.configuration
        configuration.events.positive = try #require(EventCondition("rating>=3"))
        let other = try home.train(configuration)
        #expect(other.isPublished && other.gate == nil)
    }

    /// A manifest of another time is no reason not to publish, and the report says that nothing was compared.
    @Test func whatCannotBeCompared() throws {
        let home = try TrainedWorld(PlantedWorld(users: 12))
        let first = try home.train()
        var manifest = try home.bundles.open(first.bundle).manifest
        manifest.configuration = Configuration.merged(manifest.configuration, .object(["ofOld": .integer(1)]))
        let sealed = try home.bundles.seal(home.bundles.draft(), manifest)
        try home.bundles.publish(sealed.id)
        let report = try home.train()
        #expect(report.isPublished && report.gate?.problem?.contains("ofOld") == true)
        #expect(report.gate?.comparisons.isEmpty == true && report.gate?.isWorse == false)
    }

    @Test func oneValueAUser() {
        let (u, v) = (UserID("u").key, UserID("v").key)
        #expect(Gate.means([1, 0.5, 0, 0.25, 0.75], [u, v, u, nil, nil]) == [0.5, 0.5, 0.25, 0.75])
        #expect(Gate.means([], []) == [])
    }
}
