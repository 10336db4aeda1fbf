import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRetrieval

/// Opens an index and asks it at one target recall after another.
struct IndexMeasurement {
    private let input: IndexInput
    private let built: BuiltIndex
    private let judge: RecallJudge
    private let threads: Int
    private let index: PartitionedIndex
    private let openMicros: Double
    /// By opening and by every first pass, but not by what judges the answers.
    private var memory = MemoryGrowth()
    /// k answers a query; made before memory is counted.
    private var answers: [UInt32]
    private var counts: [Int]

    init(_ input: IndexInput, _ built: BuiltIndex, file: URL, judge: RecallJudge, threads: Int) throws {
        self.input = input
        self.built = built
        self.judge = judge
        self.threads = threads
        answers = [UInt32](repeating: 0, count: input.rows.count * input.k)
        counts = [Int](repeating: 0, count: input.rows.count)
        var took: UInt64 = 0
        index = try memory.counting {
            let began = Clock.now
            let index = try PartitionedIndex(opening: file)
            took = Clock.now - began
            return index
        }
        openMicros = Double(took) / 1e3
    }

    /// - Parameter isFirst: the build's stages are told.
    mutating func point(target: Double, isFirst: Bool) -> IndexPoint {
        let (index, rows, k) = (index, input.rows, input.k)
        var memory = memory
        memory.counting { ask(target) }
        self.memory = memory
        let recall = judge.recall { q in Array(answers[q * k..<q * k + counts[q]]) }
        let times = CallTimes.measured(rows.count) { q in _ = index.search(rows[q], k: k, recall: target) }
        let batch = batchPerSecond(target)
        let width = index.width(k: k, recall: target)
        return IndexPoint(
            dataset: input.base.name, k: k, targetRecall: target, recall: recall.byDistance,
            recallById: recall.byID, qps: times.perSecond.rounded(to: 1), p50Micros: times.micros(0.5).rounded(to: 3),
            p99Micros: times.micros(0.99).rounded(to: 3), qpsBatch: batch.rounded(to: 1),
            buildSeconds: built.seconds.rounded(to: 3), openMicros: openMicros.rounded(to: 3),
            diskBytesPerVector: built.diskBytesPerVector.rounded(to: 3),
            memoryBytesPerVector: Nullable(
                memory.bytes.map { (Double(max($0, 0)) / Double(max(index.count, 1))).rounded(to: 3) }),
            probes: width.probes, depth: width.depth, count: index.count, dimension: index.dimension,
            metric: index.metric.rawValue, instructionSet: PartitionKernels.instructionSet,
            build: isFirst ? built.report.seconds.mapValues { $0.rounded(to: 3) } : nil)
    }

    /// The pass that warms up, and whose answers are judged: a search gives the same ones each time.
    private mutating func ask(_ target: Double) {
        for (q, row) in input.rows.enumerated() {
            let found = index.search(row, k: input.k, recall: target)
            counts[q] = found.count
            for (place, answer) in found.enumerated() { answers[q * input.k + place] = answer.item }
        }
    }

    /// Queries a second, many at once; the median of five times.
    private func batchPerSecond(_ target: Double) -> Double {
        let (index, rows, k) = (index, input.rows, input.k)
        let piece = 16
        var seconds: [Double] = []
        for _ in 0..<5 {
            let began = Clock.now
            Parallel.forEach((rows.count + piece - 1) / piece, threads: threads) { part in
                for q in part * piece..<min(part * piece + piece, rows.count) {
                    _ = index.search(rows[q], k: k, recall: target)
                }
            }
            seconds.append(Double(Clock.now - began) / 1e9)
        }
        seconds.sort()
        return Double(rows.count) / max(seconds[2], 1e-9)
    }
}

/// One operating point, as `Benchmarks/ann-table.py` reads it.
struct IndexPoint: Encodable {
    var dataset: String
    var k: Int
    var targetRecall: Double
    /// By distance: an answer as near as the true k-th counts.
    var recall: Double
    var recallById: Double
    /// Single queries, one after another, on one thread.
    var qps: Double
    var p50Micros: Double
    var p99Micros: Double
    /// Many at once on all threads.
    var qpsBatch: Double
    var buildSeconds: Double
    var openMicros: Double
    var diskBytesPerVector: Double
    /// Resident memory that opening and searching have added until now.
    var memoryBytesPerVector: Nullable
    var probes: Int
    var depth: Int
    var count: Int
    var dimension: Int
    var metric: String
    var instructionSet: String
    /// Seconds of each stage; only with the first point.
    var build: [String: Double]?
}

/// Written as null where it is not known, so that every line has every key.
struct Nullable: Encodable {
    let value: Double?
    init(_ value: Double?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

extension Double {
    func rounded(to digits: Int) -> Double {
        let factor = pow(10, Double(digits))
        return (self * factor).rounded() / factor
    }
}
