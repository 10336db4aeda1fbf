import MagpieDomain
import MagpieKernels
import MagpieRanking

/// Boosted trees for ranking: LambdaMART's gradients from ``LambdaGradient``, trees by XGBoost's C library, the model a
/// ``Forest`` of our own.
///
/// What a straight line cannot say, trees can: "popular, but only if the user likes what is popular"; a similarity that
/// matters above .3; an age with a best value. They want more requests for it than ``ConditionalLogit``.
///
/// 1. A ``trial(_:_:options:start:seed:threads:library:progress:)``: some requests are held out (`heldOut`), and trees are
///    grown on the others until `patience` of them have not made NDCG@10 of those held out better.
/// 2. That many trees are grown on all requests; after several trials their mean. Without any the number is `trees`.
///
/// Trees may be grown on top of a linear model, so that they need not spend their few leaves on what a straight line says
/// well; its score counts `start` of what it was, and trees can still take back what it got wrong.
///
/// Deterministic: the same bytes for any number of threads, see ``LambdaGradient``. Samples of requests and of negatives are
/// drawn here, those of columns by XGBoost on one thread.
public enum LambdaMART {
    public struct Report: Sendable, Codable {
        public var library: String
        public var requests: Int
        public var examples: Int
        public var positives: Int
        public var missedPositives: Int
        public var trees: Int
        public var leaves: Int
        public var heldOutRequests: Int
        /// Of the requests held out: mean NDCG@10 of the trees grown on the others. nil when there were none.
        public var ndcg: Double?
        /// Features by how often trees test them.
        public var splits: [Split]

        public struct Split: Sendable, Codable {
            public var feature: String
            public var count: Int
        }
    }

    /// What trees grown on some of the requests are worth to the others.
    public struct Trial: Sendable {
        /// How many were best.
        public var trees: Int
        /// Mean NDCG@10 of the requests held out.
        public var ndcg: Double
        /// Of the requests held out, row by row.
        public var scores: [Float]
        public var requests: Int
    }

    /// Requests held out are judged by NDCG@10.
    public static let judgedAt = 10

    /// Of fewer requests NDCG tells nothing about the number of trees.
    public static let enoughHeldOut = 20

    /// Grows trees on the requests of `parts` to learn from, judged by the others.
    ///
    /// - Parameters:
    ///   - start: learned from the same requests; trees are grown on top of it.
    ///   - trees: so many exactly; nil: as many as are best for those held out.
    public static func trial(
        _ examples: Examples, _ parts: HeldOut, options: Options = Options(), start: LinearRanker? = nil,
        trees: Int? = nil, seed: UInt64, threads: Int, library: XGBoostLibrary, progress: (Double) -> Void = { _ in }
    ) throws -> Trial {
        let training = try Training(
            examples.requests(parts.learned), heldOut: examples.requests(parts.heldOut),
            from: start?.scaled(by: Float(options.start)), options, seed, threads, library)
        let best = try training.grow(trees, progress: progress)
        return Trial(trees: best.trees, ndcg: best.ndcg ?? 0, scores: best.scores, requests: parts.heldOut.count)
    }

    /// Grows as many trees as trials have found enough.
    ///
    /// - Parameter start: learned from the same requests; trees are grown on top of it.
    ///
    /// Throws ``RankingError/tooFewExamples(scenario:positives:)`` or ``BoostingError``.
    public static func fit(
        _ examples: Examples, scenario: String, options: Options = Options(), start: LinearRanker? = nil,
        trials: [Trial], seed: UInt64, threads: Int, library: XGBoostLibrary, progress: (Double) -> Void = { _ in }
    ) throws -> (forest: Forest, report: Report) {
        try examples.checkEnough(for: scenario)
        let start = start?.scaled(by: Float(options.start))
        let training = try Training(examples, heldOut: nil, from: start, options, seed, threads, library)
        let found = Double(trials.reduce(0) { $0 + $1.trees }) / Double(max(1, trials.count))
        _ = try training.grow(trials.isEmpty ? nil : Int(found.rounded()), progress: progress)
        var forest = try training.forest()
        forest.start = start
        let heldOut = trials.reduce(0) { $0 + $1.requests }
        let ndcg = trials.reduce(0) { $0 + $1.ndcg * Double($1.requests) } / Double(max(1, heldOut))
        let report = Report(
            library: "XGBoost \(library.version)", requests: examples.groupCount, examples: examples.rowCount,
            positives: examples.positives, missedPositives: examples.missedPositives, trees: forest.treeCount,
            leaves: forest.leafCount, heldOutRequests: heldOut, ndcg: trials.isEmpty ? nil : ndcg,
            splits: forest.splits.map { .init(feature: $0.feature, count: $0.count) })
        return (forest, report)
    }

    /// Requests dealt into those to learn from and those held out; both ascend. All of one who asks are on the same side:
    /// what somebody liked after their second like is what they liked after their first.
    public struct HeldOut: Sendable {
        public let learned: [Int]
        public let heldOut: [Int]

        /// Ways to hold out `share` of the requests, each request once: five for a fifth, one for more than half. None
        /// when too few would be held out (``enoughHeldOut``), or nothing would be left.
        public static func folds(_ examples: Examples, share: Double, seed: UInt64) -> [HeldOut] {
            let count = Int(Double(examples.groupCount) * share)
            guard count >= enoughHeldOut, count < examples.groupCount else { return [] }
            var places: [UInt64: Int] = [:]
            var requests: [[Int]] = []
            for (request, user) in examples.users.enumerated() {
                if let user, let place = places[user] {
                    requests[place].append(request)
                    continue
                }
                if let user { places[user] = requests.count }
                requests.append([request])
            }
            var random = RandomSource(seed: seed, 0x4C4D)
            random.shuffle(&requests)
            var dealt: [[Int]] = []
            for own in requests {
                if (dealt.last?.count ?? count) >= count { dealt.append([]) }
                dealt[dealt.count - 1] += own
            }
            // Too small a rest joins the last, or is only learned from.
            if let rest = dealt.last, rest.count < count {
                dealt.removeLast()
                if dealt.count > 1 { dealt[dealt.count - 1] += rest }
            }
            return dealt.compactMap { heldOut in
                let asked = Set(heldOut)
                let learned = (0..<examples.groupCount).filter { !asked.contains($0) }
                return learned.isEmpty ? nil : HeldOut(learned: learned, heldOut: heldOut.sorted())
            }
        }
    }
}

/// One run of boosting.
private struct Training {
    private let options: LambdaMART.Options
    private let seed: UInt64
    private let threads: Int
    private let names: [String]
    private let learned: Part
    private let heldOut: Part?
    private let booster: Booster

    private static let cellsPerThread = 1_000_000

    private struct Part {
        let gradient: LambdaGradient
        let matrix: TrainingMatrix
        let scores: SharedBuffer<Float>
        /// What the rows' scores are before there is a tree.
        private let start: [Float]?

        init(
            _ examples: Examples, from start: LinearRanker?, _ options: LambdaMART.Options, _ threads: Int,
            _ library: XGBoostLibrary
        ) throws {
            self.start = start?.scores(of: examples.features)
            gradient = LambdaGradient(
                examples, truncation: options.truncation, sigma: options.sigma, isNormalised: options.normalised)
            matrix = try TrainingMatrix(examples.features, library: library, threads: threads)
            scores = SharedBuffer(count: examples.rowCount, repeating: 0)
            addStart()
        }

        /// Scores by the trees so far.
        func score(_ booster: Booster) throws {
            try booster.scores(matrix, into: scores.pointer)
            addStart()
        }

        private func addStart() {
            guard let start else { return }
            for row in start.indices { scores.pointer[row] += start[row] }
        }
    }

    init(
        _ examples: Examples, heldOut: Examples?, from start: LinearRanker?, _ options: LambdaMART.Options,
        _ seed: UInt64, _ threads: Int, _ library: XGBoostLibrary
    ) throws {
        self.options = options
        self.seed = seed
        self.threads = threads
        names = examples.features.names
        let kept = options.negatives > 0 ? examples.thinned(negatives: options.negatives, seed: seed) : examples
        learned = try Part(kept, from: start, options, threads, library)
        self.heldOut = try heldOut.map { try Part($0, from: start, options, threads, library) }
        // XGBoost's threads meet several times a node: on little data they wait more than they work.
        let cells = kept.rowCount * names.count
        let workers = max(1, min(threads, cells / Self.cellsPerThread))
        var parameters = [
            // The gradients are ours: this only says that scores are taken as they are.
            ("objective", "reg:squarederror"), ("base_score", "0"), ("disable_default_eval_metric", "1"),
            ("tree_method", "hist"), ("max_bin", "\(options.bins)"), ("nthread", "\(workers)"),
            // XGBoost's seed is a signed number of 31 bits.
            ("seed", "\(seed & 0x7FFF_FFFF)"), ("eta", "\(options.learningRate)"), ("max_depth", "\(options.depth)"),
            ("min_child_weight", "\(options.minimumChildWeight)"), ("lambda", "\(options.l2)"),
            ("colsample_bytree", "\(options.columnSample)"),
        ]
        if options.leaves > 0 {
            parameters += [("grow_policy", "lossguide"), ("max_leaves", "\(options.leaves)")]
        }
        booster = try Booster(
            [learned.matrix] + (self.heldOut.map { [$0.matrix] } ?? []), parameters: parameters, library: library)
    }

    /// Grows so many trees exactly; nil = at most `options.trees`, fewer when those held out say so.
    /// - Returns: how many trees there are or were best for those held out, and their mean NDCG and scores then.
    func grow(_ exact: Int? = nil, progress: (Double) -> Void) throws -> (trees: Int, ndcg: Double?, scores: [Float]) {
        let rounds = exact ?? options.trees
        let count = learned.scores.count
        let (gradient, hessian) = (
            SharedBuffer<Float>(count: count, repeating: 0), SharedBuffer<Float>(count: count, repeating: 0)
        )
        var best: (trees: Int, ndcg: Double?, scores: [Float]) = (rounds, nil, [])
        for round in 0..<rounds {
            if round > 0 { try learned.score(booster) }
            learned.gradient.fill(
                scores: learned.scores, isUsed: sample(round), gradient: gradient, hessian: hessian, threads: threads)
            LambdaGradient.quantise(gradient, threads: threads)
            LambdaGradient.quantise(hessian, threads: threads)
            try booster.boost(learned.matrix, gradient: gradient.pointer, hessian: hessian.pointer)
            if let heldOut {
                try heldOut.score(booster)
                let values = heldOut.gradient.ndcg(heldOut.scores, at: LambdaMART.judgedAt)
                let ndcg = values.reduce(0, +) / Double(max(1, values.count))
                if exact == nil ? ndcg > best.ndcg ?? -1 : round + 1 == rounds {
                    best = (round + 1, ndcg, heldOut.scores.array())
                }
                if exact == nil, round + 1 - best.trees >= options.patience { break }
            }
            progress(Double(round + 1) / Double(rounds))
        }
        return best
    }

    /// Which requests tree `round` learns from.
    private func sample(_ round: Int) -> [Bool] {
        let count = learned.gradient.groupCount
        guard options.requestSample < 1 else { return [Bool](repeating: true, count: count) }
        var random = RandomSource(seed: seed, 0x5241, UInt64(round))
        return (0..<count).map { _ in Double(random.uniform()) < options.requestSample }
    }

    func forest() throws -> Forest {
        try XGBoostModel.forest(json: booster.json(), file: "the trained model", featureNames: names)
    }
}

extension Examples {
    /// All rows with a gain, and at most `negatives` of the others of each request.
    fileprivate func thinned(negatives: Int, seed: UInt64) -> Examples {
        var result = Examples(names: features.names)
        for group in 0..<groupCount {
            var random = RandomSource(seed: seed, 0x4E45, UInt64(group))
            let rows = groups[group]..<groups[group + 1]
            var others = rows.filter { gains[$0] == 0 }
            random.shuffle(&others)
            let dropped = Set(others.dropFirst(negatives))
            let kept = rows.filter { !dropped.contains($0) }
            var matrix = FeatureMatrix(names: features.names, rowCount: 0)
            for row in kept { matrix.append(features, rows: row..<row + 1) }
            result.append(
                matrix, gains: kept.map { gains[$0] }, weights: kept.map { weights[$0] },
                stands: kept.map { stands[$0] }, places: kept.map { places[$0] }, missedPositives: 0)
        }
        return result
    }
}
