import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieOnline

/// `magpie tune`: tries configurations on a validation window and says which is best.
///
/// What `train` and `evaluate` ask about (the window after T1) is not looked at: trials are fitted on what is known
/// before the window before it, and asked about that one. So a number that tuning chose is never the number that is
/// reported.
///
/// Two ways to search a ``SearchSpace``:
/// - *random* (Bergstra and Bengio 2012, "Random search for hyper-parameter optimization"): every trial with everything.
/// - *halving* (Jamieson and Talwalkar 2016, "Non-stochastic best arm identification"): all trials with a ninth of
///   the users, the better third of them with a third, the best third of those with all.
///
/// Trial 0 is the present configuration, in each round. Of many that are tried one looks best by luck too: whether the
/// best is better than the present one is said by a paired bootstrap over the requests, which does not take that luck
/// out; ask `magpie evaluate` after.
public struct Tuning {
    public enum Strategy: String, Sendable, Codable, CaseIterable { case random, halving }

    public struct Options: Sendable {
        public var trials = 30
        public var strategy = Strategy.random
        public var scenario = Scenario.home.name
        /// A retriever's name, or "fusion".
        public var system: String
        public var metric = "ndcg@10"

        public init(system: String) { self.system = system }
    }

    public struct Report: Sendable, Codable {
        public var system: String
        public var scenario: String
        public var metric: String
        public var split: String
        /// Best first; those with a share of the users come after those with all.
        public var trials: [Trial]
        public var best: Trial
        public var present: Trial
        /// The best less the present one, 95 % interval; nil when the present one is the best.
        public var difference: Interval?
        /// What to write into magpie.json.
        public var configuration: JSONValue
        public var journal: String

        public struct Interval: Sendable, Codable {
            public var mean: Double
            public var low: Double
            public var high: Double
        }

        /// Better than the present configuration beyond noise.
        public var isBetter: Bool { difference.map { $0.low > 0 } ?? false }
    }

    let training: Training
    let space: SearchSpace
    let options: Options
    let metric: any Metric
    /// Where journals are kept.
    let folder: URL
    let report: (Trial, _ done: Int, _ all: Int) -> Void

    /// - Parameters:
    ///   - training: its configuration is the present one, its cache is the trials'.
    ///   - folder: where journals are kept.
    ///   - report: told of every trial, also of those that an earlier run made.
    public init(
        training: Training, space: SearchSpace, options: Options, folder: URL,
        report: @escaping (Trial, _ done: Int, _ all: Int) -> Void
    ) throws {
        guard let metric = Metrics.named(options.metric) else {
            throw TuningError.unknownMetric(
                got: options.metric,
                expected: Metrics.all.map { $0.baseName + "@K" }.joined(separator: ", "))
        }
        self.training = training
        self.space = space
        self.options = options
        self.metric = metric
        self.folder = folder
        self.report = report
        // A misspelt path or a value out of its range is said before anything is fitted.
        for trial in 0..<4 {
            _ = try training.configuration.setting(space.draw(trial, seed: training.seed), file: "--parameter")
        }
    }

    public func run(log: some EventLog, catalogue: some Catalogue) throws -> Report {
        let window = try TuningWindow(training, log: log, catalogue: catalogue, scenario: options.scenario)
        var journal = try TuningJournal(folder.appendingPathComponent(try journalName(window)))
        var values: [String: [Double]] = [:]
        let rounds = self.rounds
        let all = rounds.reduce(0) { $0 + $1.count }
        var done = 0
        var standing = Array(0...options.trials)
        for (place, round) in rounds.enumerated() {
            var measured: [Trial] = []
            for number in standing {
                let trial: Trial
                if let known = journal.done(number, share: round.share) {
                    trial = known
                } else if let same = same(as: number, share: round.share, in: journal) {
                    trial = same
                    try journal.append(trial)
                } else {
                    trial = try self.trial(number, share: round.share, in: window, values: &values)
                    try journal.append(trial)
                }
                done += 1
                report(trial, done, all)
                measured.append(trial)
            }
            guard place + 1 < rounds.count else { break }
            let ranked = measured.filter { $0.number != 0 }.sorted(by: Self.isBetter).map(\.number)
            standing = [0] + ranked.prefix(rounds[place + 1].count - 1).sorted()
        }
        return try conclude(journal, standing, window, &values)
    }

    /// Few choices are drawn twice before long: what was measured once is not measured again.
    private func same(as number: Int, share: Double, in journal: TuningJournal) -> Trial? {
        guard number > 0 else { return nil }
        let values = space.draw(number, seed: training.seed)
        guard var same = journal.trials.first(where: { $0.number > 0 && $0.share == share && $0.values == values })
        else { return nil }
        same.number = number
        same.seconds = 0
        return same
    }

    /// How many trials with which share of the users, trial 0 among them.
    private var rounds: [(share: Double, count: Int)] {
        guard options.strategy == .halving else { return [(1, options.trials + 1)] }
        return [1.0 / 9, 1.0 / 3, 1].enumerated().map { place, share in
            (share, max(options.trials / [1, 3, 9][place], 1) + 1)
        }
    }

    /// Best first; what could not be made is last, of equals the earlier one is first.
    private static func isBetter(_ a: Trial, _ b: Trial) -> Bool {
        let (x, y) = (a.metric ?? -.infinity, b.metric ?? -.infinity)
        return x > y || (x == y && a.number < b.number)
    }

    private func trial(
        _ number: Int, share: Double, in window: TuningWindow, values: inout [String: [Double]]
    ) throws -> Trial {
        let changes = number == 0 ? [:] : space.draw(number, seed: training.seed)
        let clock = ContinuousClock.now
        var trial = Trial(number: number, share: share, values: changes, requests: 0, seconds: 0)
        do {
            let configuration = try training.configuration.setting(changes, file: "trial \(number)")
            let measured = try window.measure(configuration, share: share, system: options.system, metric: metric)
            trial.metric = measured.isEmpty ? nil : measured.reduce(0, +) / Double(measured.count)
            trial.requests = measured.count
            if measured.isEmpty { trial.problem = "no requests of so few users" }
            if share == 1 { values["\(number)"] = measured }
        } catch let error as ConfigurationError {
            trial.problem = "\(error)"
        }
        let (seconds, attoseconds) = (ContinuousClock.now - clock).components
        trial.seconds = Double(seconds) + Double(attoseconds) / 1e18
        return trial
    }

    private func conclude(
        _ journal: TuningJournal, _ standing: [Int], _ window: TuningWindow, _ values: inout [String: [Double]]
    ) throws -> Report {
        let last = standing.compactMap { journal.done($0, share: 1) }.sorted(by: Self.isBetter)
        guard let best = last.first, best.metric != nil, let present = journal.done(0, share: 1) else {
            throw TuningError.nothingAsked(scenario: options.scenario)
        }
        var difference: Report.Interval?
        if best.number != 0 {
            // Those of an earlier run were not kept by request: made again.
            for trial in [present, best] where values["\(trial.number)"] == nil {
                _ = try self.trial(trial.number, share: 1, in: window, values: &values)
            }
            if let a = values["\(best.number)"], let b = values["0"], a.count == b.count, !a.isEmpty {
                let bootstrap = PairedBootstrap(a, b, seed: training.seed)
                difference = .init(mean: bootstrap.difference, low: bootstrap.low, high: bootstrap.high)
            }
        }
        let shown = journal.trials.filter { $0.number <= options.trials }
        return Report(
            system: options.system, scenario: options.scenario, metric: options.metric, split: window.splitReason,
            trials: shown.sorted {
                ($1.share, $0.metric == nil ? 1 : 0) < ($0.share, $1.metric == nil ? 1 : 0)
                    || ($0.share == $1.share && Self.isBetter($0, $1))
            },
            best: best, present: present, difference: difference,
            configuration: Configuration.nested(best.values), journal: journal.url.path)
    }

    private func journalName(_ window: TuningWindow) throws -> String {
        let key = StageCache.key(
            options.system, version: 1,
            space.parameters.map(\.notation) + [
                try Configuration.key(training.configuration), window.fingerprint, "\(training.seed)",
                training.codeVersion, options.strategy.rawValue, options.scenario, options.metric,
            ] + (options.strategy == .halving ? ["\(options.trials)"] : []))
        return key + ".jsonl"
    }
}

extension Configuration {
    /// The configuration with some values changed, by path. Throws ``ConfigurationError`` as for a file.
    func setting(_ values: [String: JSONValue], file: String) throws -> Configuration {
        try Configuration(
            json: JSONEncoder().encode(Self.merged(JSONValue(encoding: self), Self.nested(values))), file: file)
    }

    /// ["a.b": 1] -> {"a": {"b": 1}}
    static func nested(_ values: [String: JSONValue]) -> JSONValue {
        values.sorted { $0.key < $1.key }.reduce(.object([:])) { whole, entry in
            let keys = entry.key.split(separator: ".").map(String.init)
            return merged(whole, keys.reversed().reduce(entry.value) { .object([$1: $0]) })
        }
    }

    /// Objects are merged, everything else is replaced.
    public static func merged(_ base: JSONValue, _ change: JSONValue) -> JSONValue {
        guard case .object(var members) = base, case .object(let changes) = change else { return change }
        for (key, value) in changes { members[key] = members[key].map { merged($0, value) } ?? value }
        return .object(members)
    }
}
