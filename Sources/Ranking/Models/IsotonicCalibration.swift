import Foundation
import MagpieArtifacts

/// From a score to the probability that the item is liked: a function that never falls, fitted to what was liked of requests
/// that the model had not seen.
///
/// Pool adjacent violators (Ayer et al. 1955; Zadrozny and Elkan 2002, "Transforming classifier scores into accurate
/// multiclass probability estimates"): rows by rising score, neighbours pooled while a mean is below the one before.
/// Between two pools it is a straight line, so that two scores seldom share a probability; outside it is the edge.
///
/// It stands with its model: `calibration.score` and `calibration.probability`, F32 [k], both rising, in the model's file.
public struct IsotonicCalibration: Sendable, Equatable {
    /// Rising.
    let scores: [Float]
    /// At these scores: from 0 to 1, never falling.
    let probabilities: [Float]

    init(scores: [Float], probabilities: [Float]) {
        self.scores = scores
        self.probabilities = probabilities
    }

    /// - Parameters: `scores`, whether each was liked, and for how many rows it stands (``Examples/stands``; nil = itself).
    ///   Returns nil where there is nothing to tell apart: all or none liked.
    public init?(scores: [Float], labels: [Bool], stands: [Float]? = nil) {
        precondition(scores.count == labels.count)
        precondition(stands.map { $0.count == scores.count } ?? true)
        guard labels.contains(true), labels.contains(false) else { return nil }
        struct Pool {
            var sum: Double
            var count: Double
            var low: Float
            var high: Float
            var mean: Double { sum / count }
        }
        var pools: [Pool] = []
        for row in scores.indices.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }) {
            let score = scores[row]
            let count = stands.map { Double($0[row]) } ?? 1
            // Equal scores are one from the start.
            if pools.last?.high == score {
                pools[pools.count - 1].sum += labels[row] ? count : 0
                pools[pools.count - 1].count += count
            } else {
                pools.append(Pool(sum: labels[row] ? count : 0, count: count, low: score, high: score))
            }
        }
        var merged: [Pool] = []
        for pool in pools {
            merged.append(pool)
            while merged.count > 1, merged[merged.count - 2].mean >= merged[merged.count - 1].mean {
                let last = merged.removeLast()
                merged[merged.count - 1].sum += last.sum
                merged[merged.count - 1].count += last.count
                merged[merged.count - 1].high = last.high
            }
        }
        var (x, y): ([Float], [Float]) = ([], [])
        for pool in merged {
            for edge in pool.low == pool.high ? [pool.low] : [pool.low, pool.high] {
                x.append(edge)
                y.append(Float(pool.mean))
            }
        }
        self.init(scores: x, probabilities: y)
    }

    public func probability(of score: Float) -> Float {
        guard let first = scores.first, let last = scores.last, !score.isNaN else { return .nan }
        if score <= first { return probabilities[0] }
        if score >= last { return probabilities[probabilities.count - 1] }
        var (low, high) = (0, scores.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if scores[middle] <= score { low = middle } else { high = middle }
        }
        let share = (score - scores[low]) / (scores[high] - scores[low])
        return probabilities[low] + share * (probabilities[high] - probabilities[low])
    }

    /// nil where the file has none.
    /// - Parameter prefix: what the tensors' names begin with where the model is a part of another.
    init?(of file: TensorFile, prefix: String = "") throws {
        guard file.contains(prefix + "calibration.score") else { return nil }
        let scores = try file.tensor(prefix + "calibration.score", as: Float.self, shape: [nil])
        let probabilities = try file.tensor(prefix + "calibration.probability", as: Float.self, shape: [scores.count])
        func rises(_ values: Tensor<Float>, evenly: Bool) -> Bool {
            zip(values, values.dropFirst()).allSatisfy { evenly ? $0 <= $1 : $0 < $1 }
        }
        guard !scores.isEmpty, scores.allSatisfy(\.isFinite), rises(scores, evenly: false),
            rises(probabilities, evenly: true), probabilities.allSatisfy({ (0...1).contains($0) })
        else {
            throw RankingError.corrupt(path: file.url.path, detail: "the calibration does not rise")
        }
        self.init(scores: Array(scores), probabilities: Array(probabilities))
    }

    func add(to file: inout TensorFileWriter, prefix: String = "") {
        file.add(prefix + "calibration.score", scores)
        file.add(prefix + "calibration.probability", probabilities)
    }
}
