import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieEvaluation
import MagpieKernels
import MagpieOffline
import MagpieRetrieval

/// How vectors are to be learned.
enum EmbedModel: String, CaseIterable {
    case item2vec, als
    /// The item graph alone, which walks need.
    case graph
}

/// What `bench embed` is told about the model.
struct EmbedSettings {
    var model = EmbedModel.item2vec
    var corpus = Corpus.sessions
    var graph = ItemGraphOptions()
    var walks = RandomWalkOptions()
    var skipGram = SkipGramOptions()
    var als = ALSOptions()
    var table = EmbeddingTableOptions()
    var seed: UInt64 = 1
    var threads = 1
}

/// What was measured: one line of JSON.
struct EmbedPoint: Encodable {
    var dataset: String
    var model: String
    var corpus: String?
    var threads: Int
    var dimensions: Int
    var epochs: Int
    var events: Int
    var users: Int
    var items: Int
    /// Seconds of everything that is learned, and of its parts.
    var seconds = 0.0
    /// Processor time of the same, all threads.
    var cpuSeconds = 0.0
    var parts: [String: Double] = [:]
    /// Positives with their noise, all epochs; nil where there are none.
    var pairs: Int?
    var pairsPerSecond: Double?
    /// Cells of the matrix, and how many were solved for in a second (all epochs, both sides).
    var cells: Int?
    var cellsPerSecond: Double?
    var edges: Int?
    /// The most that this process held in memory, the events among it.
    var peakBytes: Int?
    /// What it held before anything was learned.
    var eventBytes: Int?
    /// A hash of the vectors: the same for any number of threads.
    var digest: String?
    var questions: Int
    /// By name, "ndcg@10".
    var quality: [String: Double] = [:]
    /// Microseconds that a history takes to become a query vector: the median.
    var foldMicros: Double?
    var instructionSet = VectorKernels.instructionSet
}

/// Learns, then asks.
struct EmbedMeasurement {
    let input: EmbedInput
    let settings: EmbedSettings

    func point(progress: (Double) -> Void) throws -> EmbedPoint {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-embed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = input.interactions
        var point = EmbedPoint(
            dataset: input.name, model: settings.model.rawValue, threads: settings.threads,
            dimensions: settings.model == .als ? settings.als.dimensions : settings.skipGram.dimensions,
            epochs: settings.model == .als ? settings.als.epochs : settings.skipGram.epochs, events: log.count,
            users: log.users.count, items: log.itemCount, questions: input.questions.count)
        point.eventBytes = ResidentMemory.settled()
        let (began, beganProcessor) = (Clock.now, Clock.processor)
        let model: EmbeddingModel?
        switch settings.model {
        case .graph:
            _ = try graph(in: folder, &point, progress)
            model = nil
        case .item2vec: model = try item2vec(in: folder, &point, progress)
        case .als: model = als(&point, progress)
        }
        point.seconds = Double(Clock.now - began) / 1e9
        point.cpuSeconds = Double(Clock.processor - beganProcessor) / 1e9
        point.peakBytes = ResidentMemory.peak()
        if let model {
            point.digest = Self.digest(model)
            try ask(model, folder.appendingPathComponent("embeddings.safetensors"), &point)
        }
        return point
    }

    private func graph(in folder: URL, _ point: inout EmbedPoint, _ progress: (Double) -> Void) throws -> ItemGraph {
        let began = Clock.now
        let file = folder.appendingPathComponent("graph.safetensors")
        let report = try ItemGraph.build(
            from: input.interactions, options: settings.graph, seed: settings.seed, threads: settings.threads,
            progress: progress, to: file)
        point.edges = report.edges
        point.parts["graph"] = Double(Clock.now - began) / 1e9
        return try ItemGraph(opening: file)
    }

    private func item2vec(
        in folder: URL, _ point: inout EmbedPoint, _ progress: (Double) -> Void
    ) throws -> EmbeddingModel {
        point.corpus = settings.corpus.rawValue
        let graph = settings.corpus == .sessions ? nil : try graph(in: folder, &point, progress)
        let began = Clock.now
        let sentences = settings.corpus.sentences(
            graph: graph, interactions: input.interactions, walks: settings.walks, seed: settings.seed,
            threads: settings.threads)
        point.parts["sentences"] = Double(Clock.now - began) / 1e9
        let result = SkipGramTrainer.train(
            on: sentences, itemCount: input.interactions.itemCount, options: settings.skipGram, seed: settings.seed,
            threads: settings.threads, progress: progress)
        let seconds = Double(Clock.now - began) / 1e9
        point.parts.merge(result.seconds) { $1 }
        point.pairs = result.pairs
        point.pairsPerSecond = Double(result.pairs) / seconds
        return result.model
    }

    private func als(_ point: inout EmbedPoint, _ progress: (Double) -> Void) -> EmbeddingModel {
        let began = Clock.now
        let result = ALSTrainer.train(
            on: input.interactions, options: settings.als, seed: settings.seed, threads: settings.threads,
            progress: progress)
        let seconds = Double(Clock.now - began) / 1e9
        point.parts = result.seconds
        point.cells = result.cells
        point.cellsPerSecond = Double(2 * settings.als.epochs * result.cells) / seconds
        return result.model
    }

    private static func digest(_ model: EmbeddingModel) -> String {
        let hashes = [model.input, model.output].map { rows in rows.withUnsafeBytes { StableHash.xxh64($0) } }
        return hashes.map { String($0, radix: 16) }.joined(separator: "-")
    }
}

// MARK: Asking

extension EmbedMeasurement {
    static let metrics: [any Metric] = [NDCG(10), Hit(10), Recall(20)]

    /// All items ranked for each question but those that the user had already.
    private func ask(_ model: EmbeddingModel, _ file: URL, _ point: inout EmbedPoint) throws {
        let log = input.interactions
        var fold = HistoryFold.mean
        var options = settings.table
        if settings.model == .als {
            fold = .leastSquares(
                regularization: settings.als.regularization, confidence: settings.als.confidence)
            options.popularityWeight = settings.als.popularityWeight
            options.recencyDecay = settings.als.recencyDecay
        }
        _ = try EmbeddingTable.build(
            from: model, popularity: log.positivesPerItem(), fold: fold, options: options, to: file)
        let table = try EmbeddingTable(opening: file)
        let histories = histories()
        let asked = input.questions.isEmpty ? Array(histories.keys.sorted().prefix(1_000)) : input.questions.map(\.user)
        let sample = asked.prefix(1_000).compactMap { histories[$0] }
        point.foldMicros = CallTimes.measured(sample.count) { _ = table.query(for: sample[$0]) }.micros(0.5)
        guard !input.questions.isEmpty else { return }
        let retriever = try EmbeddingRetriever(table)
        let questions = input.questions
        let values = Parallel.map(questions.count, threads: settings.threads) { q -> [Double] in
            let history = histories[questions[q].user] ?? []
            var excluded = ItemSet(itemCount: log.itemCount)
            for interest in history { excluded.insert(interest.item) }
            let found = retriever.candidates(
                for: Query(history: history, excluded: excluded), limit: 20, deadline: .none)
            return Self.metrics.map { $0.value(found.map(\.item), relevant: questions[q].relevant) }
        }
        for (place, metric) in Self.metrics.enumerated() {
            point.quality[metric.name] = values.reduce(0) { $0 + $1[place] } / Double(values.count)
        }
    }

    /// Newest first, each item once, of the users that are asked for (of the first thousand where nobody is).
    private func histories() -> [Int: [Interest]] {
        let log = input.interactions
        let wanted = Set(input.questions.isEmpty ? Array(0..<min(1_000, log.users.count)) : input.questions.map(\.user))
        var rows: [Int: [Int]] = [:]
        for row in 0..<log.count where wanted.contains(Int(log.user[row])) {
            rows[Int(log.user[row]), default: []].append(row)
        }
        return rows.mapValues { rows in
            let newest = rows.sorted { (log.time[$1], log.seq[$1]) < (log.time[$0], log.seq[$0]) }
            var seen = Set<ItemIndex>()
            return newest.filter { seen.insert(log.item[$0]).inserted }.map {
                Interest(item: log.item[$0], time: Timestamp(milliseconds: log.time[$0]))
            }
        }
    }
}
