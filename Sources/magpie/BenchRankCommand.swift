import ArgumentParser
import Foundation
import MagpieBoosting
import MagpieDomain
import MagpieFormats
import MagpieKernels
import MagpieRanking

/// Ranks judged rows by trees: trained here, or by XGBoost or LightGBM elsewhere.
struct BenchRankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank", abstract: "Train LambdaMART on judged rows, or take a model: NDCG and time.",
        discussion: """
            Rows are LibSVM's lines with qid ("2 qid:7 1:0.5 3:1 # note"), as LETOR and MSLR-WEB have them; without qid \
            --train-groups and --test-groups say how many rows each request has (LightGBM's .query files). A grade g \
            gains 2^g - 1. NDCG is the mean over the requests that have a row with a gain; ties rank by row.

            A model is what XGBoost saves as .json or LightGBM as .txt; it scores the test rows. Time is of 300 rows at \
            once on one thread, the median of many calls.

            EXAMPLES
              magpie bench rank --train vali.txt --test test.txt --trees 100
              magpie bench rank --train rank.train --train-groups rank.train.query \\
                  --test rank.test --test-groups rank.test.query --json
              magpie bench rank --model model.json --test test.txt --scores scores.txt
            """)

    @Option(help: ArgumentHelp("Rows to learn from.", valueName: "file"))
    var train: String?

    @Option(help: ArgumentHelp("Rows to rank.", valueName: "file"))
    var test: String

    @Option(help: ArgumentHelp("How many rows each request to learn from has.", valueName: "file"))
    var trainGroups: String?

    @Option(help: ArgumentHelp("How many rows each request to rank has.", valueName: "file"))
    var testGroups: String?

    @Option(help: ArgumentHelp("A model instead of training: XGBoost's .json or LightGBM's .txt.", valueName: "file"))
    var model: String?

    @Option(help: ArgumentHelp("Where the test rows' scores go, a line each.", valueName: "file"))
    var scores: String?

    @Option(help: "The most trees; so many exactly with --held-out 0.")
    var trees = LambdaMART.Options().trees

    @Option(help: "Each tree's share.")
    var learningRate = LambdaMART.Options().learningRate

    @Option(help: "Tests on the way to a leaf, at most.")
    var depth = LambdaMART.Options().depth

    @Option(help: "Leaves of a tree, at most; 0 = as many as the depth allows.")
    var leaves = LambdaMART.Options().leaves

    @Option(help: "The least sum of hessians of a leaf.")
    var minimumChildWeight = LambdaMART.Options().minimumChildWeight

    @Option(name: .customLong("l2"), help: "Ridge penalty on the values of leaves.")
    var l2 = LambdaMART.Options().l2

    @Option(help: "The share of requests that a tree learns from.")
    var requestSample = LambdaMART.Options().requestSample

    @Option(help: "The share of features that a tree may test.")
    var columnSample = LambdaMART.Options().columnSample

    @Option(help: "Pairs count of which one stands among so many first.")
    var truncation = LambdaMART.Options().truncation

    @Option(help: "The share of requests held out to find the number of trees.")
    var heldOut = LambdaMART.Options().heldOut

    @Flag(help: "Lambdas as they are, not scaled by request.")
    var plain = false

    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard (train != nil) != (model != nil) else { throw ValidationError("give --train, or --model") }
        guard (1...100_000).contains(trees) else { throw ValidationError("--trees: expected 1 to 100000") }
        guard (1...16).contains(depth) else { throw ValidationError("--depth: expected 1 to 16") }
        guard leaves == 0 || (2...65_536).contains(leaves) else {
            throw ValidationError("--leaves: expected 0, or 2 to 65536")
        }
        guard learningRate > 0, learningRate <= 1 else {
            throw ValidationError("--learning-rate: expected more than 0, to 1")
        }
        guard minimumChildWeight >= 0, l2 >= 0 else {
            throw ValidationError("--minimum-child-weight and --l2: expected 0 or more")
        }
        guard (1...100_000).contains(truncation) else { throw ValidationError("--truncation: expected 1 to 100000") }
        guard (0...0.9).contains(heldOut) else { throw ValidationError("--held-out: expected 0 to 0.9") }
        for share in [requestSample, columnSample] where !(0.01...1).contains(share) {
            throw ValidationError("--request-sample and --column-sample: expected 0.01 to 1")
        }
    }

    func run() throws {
        var report = Report(instructionSet: ForestKernels.instructionSet, threads: compute.threads)
        let forest: Forest
        if let model {
            let url = URL(fileURLWithPath: model)
            forest =
                model.hasSuffix(".json")
                ? try XGBoostModel.forest(reading: url) : try LightGBMModel.forest(reading: url)
        } else {
            forest = try trained(&report)
        }
        let rows = try LibSVMFile.read(
            URL(fileURLWithPath: test), groups: testGroups.map { URL(fileURLWithPath: $0) },
            columns: forest.featureNames.count)
        guard rows.features.names.count == forest.featureNames.count, rows.features.rowCount > 0 else {
            throw BenchError(
                "\(test): \(rows.features.names.count) columns and \(rows.features.rowCount) rows, expected "
                    + "\(forest.featureNames.count) columns as the model has, and a row")
        }
        let scores = forest.scores(of: rows.features)
        if let file = self.scores {
            let lines = scores.map { "\($0)\n" }.joined()
            try Data(lines.utf8).write(to: URL(fileURLWithPath: file))
        }
        report.judge(scores, rows)
        report.trees = forest.treeCount
        report.leaves = forest.leafCount
        let times = Self.times(forest, rows.features)
        report.microsPer300Rows = times.micros(0.5)
        report.p99MicrosPer300Rows = times.micros(0.99)
        json.isOn ? try JSONOption.print(report) : report.show()
    }

    private func trained(_ report: inout Report) throws -> Forest {
        let rows = try LibSVMFile.read(
            URL(fileURLWithPath: train ?? ""), groups: trainGroups.map { URL(fileURLWithPath: $0) })
        var options = LambdaMART.Options()
        options.trees = trees
        options.learningRate = learningRate
        options.depth = depth
        options.leaves = leaves
        options.minimumChildWeight = minimumChildWeight
        options.l2 = l2
        options.requestSample = requestSample
        options.columnSample = columnSample
        options.truncation = truncation
        options.negatives = 0
        options.heldOut = heldOut
        options.normalised = !plain
        let library = try XGBoostLibrary.open()
        let examples = Self.examples(rows)
        let bar = ProgressBar()
        bar.begin("growing trees")
        defer { bar.end() }
        let began = Clock.now
        let (seed, threads) = (compute.seed, compute.threads)
        let trials = try LambdaMART.HeldOut.folds(examples, share: heldOut, seed: seed).prefix(1).map {
            try LambdaMART.trial(
                examples, $0, options: options, seed: seed, threads: threads, library: library,
                progress: { bar.update($0 / 2) })
        }
        let made = try LambdaMART.fit(
            examples, scenario: "bench", options: options, trials: trials, seed: seed, threads: threads,
            library: library, progress: { bar.update(trials.isEmpty ? $0 : (1 + $0) / 2) })
        report.trainSeconds = Double(Clock.now - began) / 1e9
        report.library = made.report.library
        report.heldOutNDCG = made.report.ndcg
        return made.forest
    }

    /// A grade g gains 2^g - 1.
    private static func examples(_ rows: JudgedRows) -> Examples {
        var examples = Examples(names: rows.features.names)
        for request in 0..<rows.requestCount {
            let range = rows.groups[request]..<rows.groups[request + 1]
            var matrix = FeatureMatrix(names: rows.features.names, rowCount: 0)
            matrix.append(rows.features, rows: range)
            examples.append(matrix, gains: rows.labels[range].map { exp2($0) - 1 }, missedPositives: 0)
        }
        return examples
    }

    private static func times(_ forest: Forest, _ rows: FeatureMatrix) -> CallTimes {
        var some = FeatureMatrix(names: rows.names, rowCount: 0)
        while some.rowCount < 300 { some.append(rows, rows: 0..<min(300 - some.rowCount, rows.rowCount)) }
        var sum: Float = 0
        for _ in 0..<20 { sum += forest.scores(of: some)[0] }
        let times = CallTimes.measured(1_000) { _ in sum += forest.scores(of: some)[0] }
        return withExtendedLifetime(sum) { times }
    }

    struct Report: Encodable {
        var library: String?
        var instructionSet: String
        var threads: Int
        var trees = 0
        var leaves = 0
        var requests = 0
        var rows = 0
        var ndcg1 = 0.0
        var ndcg5 = 0.0
        var ndcg10 = 0.0
        /// Of the requests that were held out from training.
        var heldOutNDCG: Double?
        var trainSeconds: Double?
        /// The median of a call for 300 rows, on one thread, and what one in a hundred takes longer than.
        var microsPer300Rows = 0.0
        var p99MicrosPer300Rows = 0.0

        init(instructionSet: String, threads: Int) {
            self.instructionSet = instructionSet
            self.threads = threads
        }

        mutating func judge(_ scores: [Float], _ judged: JudgedRows) {
            rows = scores.count
            var values: [(Double, Double, Double)] = []
            for request in 0..<judged.requestCount {
                let range = judged.groups[request]..<judged.groups[request + 1]
                let gains = judged.labels[range].map { Double(exp2($0) - 1) }
                guard gains.contains(where: { $0 > 0 }) else { continue }
                let own = Array(scores[range])
                let order = own.indices.sorted { (own[$1], $0) < (own[$0], $1) }
                func ndcg(_ k: Int) -> Double {
                    func dcg(_ gains: some Sequence<Double>) -> Double {
                        gains.prefix(k).enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset) + 2) }
                    }
                    return dcg(order.lazy.map { gains[$0] }) / dcg(gains.sorted(by: >))
                }
                values.append((ndcg(1), ndcg(5), ndcg(10)))
            }
            requests = values.count
            let count = Double(max(1, values.count))
            ndcg1 = values.reduce(0) { $0 + $1.0 } / count
            ndcg5 = values.reduce(0) { $0 + $1.1 } / count
            ndcg10 = values.reduce(0) { $0 + $1.2 } / count
        }

        func show() {
            if let library, let trainSeconds {
                let held = heldOutNDCG.map { ", NDCG of those held out \(Numbers.fixed($0, 4))" } ?? ""
                print("trained by \(library) in \(Numbers.seconds(trainSeconds)) on \(threads) threads\(held)")
            }
            print(
                """
                \(Numbers.count(trees)) trees, \(Numbers.count(leaves)) leaves
                \(Numbers.count(requests)) requests, \(Numbers.count(rows)) rows: \
                ndcg@1 \(Numbers.fixed(ndcg1, 4)), ndcg@5 \(Numbers.fixed(ndcg5, 4)), ndcg@10 \(Numbers.fixed(ndcg10, 4))
                300 rows on one thread: p50 \(Numbers.fixed(microsPer300Rows, 1)) µs, p99 \
                \(Numbers.fixed(p99MicrosPer300Rows, 1)) µs (\(instructionSet))
                """)
        }
    }
}
