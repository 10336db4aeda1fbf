import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieTestSupport
import Synchronization
import Testing

@testable import MagpieOffline

@Suite struct SearchSpaceTests {
    @Test(arguments: [
        "embedding.skipGram.window=5..100:log", "neighbours.beta=0.0..1.0", "walks.walksPerNode=5..50",
        "embedding.skipGram.subsample=0,1e-05,0.001", "embedding.corpus=walks,sessions", "a=true,false",
        "embedding.skipGram.noiseExponent=-0.5..1.0",
    ]) func notationsAreReadAndWritten(_ notation: String) throws {
        #expect(try TunedParameter(notation: notation).notation == notation)
    }

    @Test(arguments: ["", "a", "=1..2", "a=", "a=1,,2", "a=2..1", "a=0..5:log", "a=x..y", "a=1,2:log", "a=nan..1.0"])
    func badNotationsAreRefused(_ notation: String) {
        #expect(throws: TuningError.self) { try TunedParameter(notation: notation) }
    }

    @Test func drawsStayInTheirRangesAndReachTheirEnds() throws {
        let space = try SearchSpace(
            ["w=3..6", "l=1..1000:log", "r=-0.5..1.0", "s=1e-06..0.1:log", "c=a,b"].map(TunedParameter.init(notation:)))
        var wholes = Set<Int64>()
        var small = 0
        var words = Set<String>()
        for trial in 0..<400 {
            let values = space.draw(trial, seed: 7)
            guard case .integer(let w)? = values["w"], case .integer(let l)? = values["l"],
                case .number(let r)? = values["r"], case .number(let s)? = values["s"],
                case .string(let c)? = values["c"]
            else {
                Issue.record("\(values)")
                return
            }
            wholes.insert(w)
            words.insert(c)
            small += l < 32 ? 1 : 0
            #expect((1...1000).contains(l) && (-0.5...1).contains(r) && (1e-6...0.1).contains(s))
        }
        #expect(wholes == [3, 4, 5, 6] && words == ["a", "b"])
        #expect((140...260).contains(small), "half of the logarithm lies below 32: \(small) of 400")
        #expect(space.draw(5, seed: 7) == space.draw(5, seed: 7) && space.draw(5, seed: 7) != space.draw(6, seed: 7))
    }

    @Test func oneMoreParameterDoesNotChangeTheOthers() throws {
        let few = try SearchSpace(["a=1..100"].map(TunedParameter.init(notation:)))
        let more = try SearchSpace(["a=1..100", "b=1..100"].map(TunedParameter.init(notation:)))
        for trial in 0..<20 { #expect(few.draw(trial, seed: 1)["a"] == more.draw(trial, seed: 1)["a"]) }
        #expect(throws: TuningError.self) {
            try SearchSpace(
                [TunedParameter("a", .whole(1...2, isLogarithmic: false))]
                    + [TunedParameter("a", .whole(1...2, isLogarithmic: false))])
        }
        #expect(throws: TuningError.noParameters) { try SearchSpace([]) }
    }

    @Test func shippedSpacesAreOfTheConfiguration() throws {
        #expect(Set(TunableStage.all.map(\.name)).count == TunableStage.all.count)
        for stage in TunableStage.all {
            let space = try SearchSpace(stage.parameters.map(TunedParameter.init(notation:)))
            for trial in 0..<50 {
                let configuration = try Configuration().setting(space.draw(trial, seed: 1), file: stage.name)
                #expect(configuration != Configuration())
            }
        }
        #expect(throws: TuningError.self) { try TunableStage.named("embeding") }
    }
}

@Suite struct TuningTests {
    private static func tuning(
        _ home: TrainedWorld, _ parameters: [String], system: String = "neighbours", trials: Int = 4,
        strategy: Tuning.Strategy = .random, seen: @escaping (Trial) -> Void = { _ in }
    ) throws -> Tuning {
        var options = Tuning.Options(system: system)
        options.trials = trials
        options.strategy = strategy
        return try Tuning(
            training: home.training(work: "work/tune"),
            space: SearchSpace(parameters.map(TunedParameter.init(notation:))),
            options: options, folder: home.folder.file("tune"), report: { trial, _, _ in seen(trial) })
    }

    /// One neighbour an item is worse than many: the search finds out, starting from the bad configuration.
    @Test func theBetterConfigurationIsFound() throws {
        let home = try TrainedWorld(PlantedWorld())
        var configuration = TrainedWorld.configuration
        configuration.neighbours.topN = 1
        configuration.neighbours.recencyDecay = 0
        var options = Tuning.Options(system: "neighbours")
        options.trials = 4
        let space = try SearchSpace(
            ["neighbours.topN=20..50", "neighbours.recencyDecay=0.9..1.0"].map(TunedParameter.init(notation:)))
        let tuning = try Tuning(
            training: home.training(configuration, work: "work/tune"), space: space, options: options,
            folder: home.folder.file("tune"), report: { _, _, _ in })
        let report = try tuning.run(log: home.store, catalogue: home.store)
        #expect(report.best.number != 0 && report.isBetter, "\(report.best) against \(report.present)")
        #expect(report.trials.count == 5 && report.trials.allSatisfy { $0.metric != nil })
        guard case .object(let whole) = report.configuration, case .object(let neighbours)? = whole["neighbours"] else {
            Issue.record("\(report.configuration)")
            return
        }
        #expect(neighbours["topN"] == report.best.values["neighbours.topN"] && neighbours.count == 2)
        // What it says is what the file then gives.
        let bytes = try JSONEncoder().encode(report.configuration)
        let read = try Configuration(json: bytes, file: "magpie.json")
        #expect(read.neighbours.topN >= 20 && read.neighbours.recencyDecay >= 0.9)
    }

    @Test func aSearchGoesOnWhereItStopped() throws {
        let home = try TrainedWorld(PlantedWorld())
        let parameters = ["neighbours.beta=0.0..1.0"]
        let first = try Self.tuning(home, parameters, trials: 2).run(log: home.store, catalogue: home.store)
        let journal = URL(fileURLWithPath: first.journal)
        let lines = try String(contentsOf: journal, encoding: .utf8)
        #expect(lines.split(separator: "\n").count == 3)
        // A power cut in the middle of the next line.
        try Data((lines + "{\"metric\":0.1,\"num").utf8).write(to: journal)
        let second = try Self.tuning(home, parameters, trials: 4).run(log: home.store, catalogue: home.store)
        #expect(second.journal == first.journal && second.trials.count == 5)
        for trial in first.trials { #expect(second.trials.contains(trial), "not made again, to the second") }
        #expect(try String(contentsOf: journal, encoding: .utf8).hasPrefix(lines))
        // The same search elsewhere measures the same.
        let other = try TrainedWorld(PlantedWorld())
        let third = try Self.tuning(other, parameters, trials: 4).run(log: other.store, catalogue: other.store)
        #expect(third.trials.map(\.metric) == second.trials.map(\.metric) && third.best.number == second.best.number)
    }

    @Test func halvingKeepsTheBetterThird() throws {
        let home = try TrainedWorld(PlantedWorld())
        let seen = Mutex<[Trial]>([])
        let report = try Self.tuning(home, ["neighbours.beta=0.0..1.0"], trials: 9, strategy: .halving) { trial in
            seen.withLock { $0.append(trial) }
        }.run(log: home.store, catalogue: home.store)
        let shares = seen.withLock { $0.map(\.share) }
        #expect(shares.count { $0 < 0.2 } == 10 && shares.count { $0 > 0.2 && $0 < 1 } == 4)
        #expect(shares.count { $0 == 1 } == 2)
        #expect(report.best.share == 1 && report.present.number == 0 && report.present.share == 1)
    }

    @Test func whatCannotBeTunedIsSaidAtOnce() throws {
        let home = try TrainedWorld(PlantedWorld())
        #expect(throws: ConfigurationError.self) { try Self.tuning(home, ["neighbours.gamma=0.0..1.0"]) }
        #expect(throws: ConfigurationError.self) { try Self.tuning(home, ["neighbours.topN=0.5..0.7"]) }
        #expect(throws: ConfigurationError.self) { try Self.tuning(home, ["neighbours.beta=-5.0..-4.0"]) }
        #expect(throws: TuningError.self) {
            try Self.tuning(home, ["neighbours.beta=0.0..1.0"], system: "oracle")
                .run(log: home.store, catalogue: home.store)
        }
    }

    @Test func theWindowOfTheFinalNumbersIsNotLookedAt() throws {
        let world = PlantedWorld()
        let home = try TrainedWorld(world)
        let training = home.training(work: "work/tune")
        let plan = try Plan(
            training, log: home.store, catalogue: home.store,
            runner: StageRunner(cache: training.cache, report: { _ in }))
        #expect(!plan.inner.asked.isEmpty && Set(plan.inner.asked).isDisjoint(with: plan.outer.asked))
        #expect(Set(plan.inner.known).isDisjoint(with: plan.outer.asked))
        let part = plan.inner.restricted(to: 1.0 / 3, of: plan.history)
        let actors = Set(part.known.map { plan.history.rows[$0].actor })
        let all = Set(plan.inner.known.map { plan.history.rows[$0].actor })
        #expect(actors.isStrictSubset(of: all) && !actors.isEmpty)
        for row in plan.inner.known where actors.contains(plan.history.rows[row].actor) {
            #expect(part.known.contains(row))
        }
    }
}
