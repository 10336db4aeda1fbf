import Foundation
import MagpieDomain
import MagpieKernels

/// Logistic regression within the request: the conditional (multinomial) logit.
///
/// The probability that the item liked was candidate c is softmax(w . x) over the candidates of the request;
/// each positive is one choice against all of them (McFadden 1974; in ranking, ListNet's top-one loss, Cao et
/// al. 2007). Unlike the pointwise logit it spends nothing on telling users apart. The loss, with `l2` times the
/// squared weights added, is convex and has few dimensions, so that Newton's method reaches its minimum in a few
/// steps: no learning rate, no seed. The Hessian is nearly all of the work and changes little, so that each is used for
/// several steps (chords; Kelley 1995, "Iterative Methods for Linear and Nonlinear Equations", 5.4) while those gain.
///
/// A row that stands for n candidates (a sample of what was not chosen) is n of them in the softmax: the offset log n of
/// sampled softmax (Bengio and Senecal 2008, "Adaptive importance sampling to accelerate training of a neural
/// probabilistic language model").
///
/// Deterministic for any thread count: requests are cut into fixed blocks, each summed in order by one thread,
/// and the blocks' sums are added in order.
public enum ConditionalLogit {
    public struct Options: Sendable, Hashable, Codable {
        /// Ridge penalty, relative to the number of positives.
        public var l2: Double
        /// How often the Hessian is computed, at most.
        public var maximumSteps: Int

        public init(l2: Double = 0.03, maximumSteps: Int = 20) {
            self.l2 = l2
            self.maximumSteps = maximumSteps
        }
    }

    public struct Report: Sendable, Codable {
        public var requests: Int
        public var examples: Int
        public var positives: Int
        public var missedPositives: Int
        /// How often the Hessian was computed.
        public var steps: Int
        /// Mean negative log-likelihood of a positive: before (all candidates equal) and after.
        public var lossBefore: Double
        public var loss: Double
        public var weights: [String: Float]
        /// Where it is known at which place rows were seen: how much the log of being liked fell for each doubling of
        /// 1 + place, all else equal; never below 0.
        public var placeSlope: Double?
    }

    static let groupsPerBlock = 16

    public static func fit(
        _ examples: Examples, scenario: String, options: Options = Options(), threads: Int
    ) throws -> (LinearRanker, Report) {
        try examples.checkEnough(for: scenario)
        // What a place does is learned beside all else, so that nothing else must stand for it, and is then left out.
        let hasPlaces = examples.hasPlaces
        let examples = hasPlaces ? examples.withPlaces() : examples
        let standard = Standardiser(examples.features)
        let design = standard.design(examples.features)
        let problem = Problem(design: design, examples: examples, l2: options.l2, threads: threads)
        var weights = [Double](repeating: 0, count: design.columns)
        var state = problem.evaluate(weights, threads: threads)
        let before = state.loss
        var steps = 0
        var isDone = false
        while !isDone, steps < options.maximumSteps {
            let curvature = cholesky(problem.evaluate(weights, withHessian: true, threads: threads).hessian)
            steps += 1
            var lastGain = Double.infinity
            // A chord is worth another while it leaves less than a quarter of what the one before it gained.
            while true {
                let step = solve(curvature, state.gradient)
                var rate = 1.0
                var next = state
                var moved = weights
                repeat {
                    moved = zip(weights, step).map { $0 - rate * $1 }
                    next = problem.evaluate(moved, threads: threads)
                    rate /= 2
                } while !(next.loss <= state.loss) && rate > 1e-6
                let gain = state.loss - next.loss
                guard gain > 0 else {
                    isDone = lastGain == .infinity
                    break
                }
                weights = moved
                state = next
                isDone = gain < 1e-9 * max(1, abs(state.loss))
                if isDone || 4 * gain > lastGain { break }
                lastGain = gain
            }
        }
        let whole = standard.ranker(weights)
        let ranker = hasPlaces ? whole.droppingLast() : whole
        var slope: Double?
        if hasPlaces, let weight = whole.weight.last, let scale = whole.scale.last {
            slope = max(0, Double(-weight / scale))
        }
        let report = Report(
            requests: examples.groupCount, examples: examples.labels.count, positives: examples.positives,
            missedPositives: examples.missedPositives, steps: steps, lossBefore: before, loss: state.loss,
            weights: Dictionary(zip(ranker.featureNames, ranker.weight)) { a, _ in a },
            placeSlope: slope)
        return (ranker, report)
    }

    /// Loss, gradient and Hessian of the mean negative log-likelihood with its ridge.
    struct Evaluation {
        var loss = 0.0
        var gradient: [Double]
        /// Row-major, symmetric; empty unless asked for.
        var hessian: [Double]
    }

    struct Problem {
        let design: Design
        let examples: Examples
        let l2: Double
        /// Of each request, the columns that are not the same in all of its rows; ascending.
        let active: [[Int]]

        init(design: Design, examples: Examples, l2: Double, threads: Int = 1) {
            self.design = design
            self.examples = examples
            self.l2 = l2
            active = Parallel.map(examples.groupCount, threads: threads) { group in
                let rows = examples.groups[group]..<examples.groups[group + 1]
                let first: UnsafePointer<Float> = design.row(rows.lowerBound)
                var differs = [Bool](repeating: false, count: design.columns)
                differs.withUnsafeMutableBufferPointer { differs in
                    for row in rows {
                        let own: UnsafePointer<Float> = design.row(row)
                        for f in 0..<design.columns where own[f] != first[f] { differs[f] = true }
                    }
                }
                return differs.indices.filter { differs[$0] }
            }
        }

        /// How many choices a row is.
        private func worth(_ row: Int) -> Double { Double(examples.gains[row]) * Double(examples.weights[row]) }

        func evaluate(_ weights: [Double], withHessian: Bool = false, threads: Int) -> Evaluation {
            let columns = design.columns
            let blocks = (examples.groupCount + groupsPerBlock - 1) / groupsPerBlock
            let stride = 1 + columns + (withHessian ? columns * columns : 0)
            let sums = SharedBuffer<Double>(count: blocks * stride, repeating: 0)
            Parallel.forEach(blocks, threads: threads) { block in
                let sum: UnsafeMutablePointer<Double> = sums.pointer + block * stride
                let last = min(examples.groupCount, (block + 1) * groupsPerBlock)
                for group in block * groupsPerBlock..<last { add(group, weights, withHessian, to: sum) }
            }
            var total = [Double](repeating: 0, count: stride)
            for block in 0..<blocks {
                for i in 0..<stride { total[i] += sums.pointer[block * stride + i] }
            }
            let positives = examples.gains.indices.reduce(0) { $0 + worth($1) }
            var result = Evaluation(
                loss: total[0] / positives, gradient: total[1...columns].map { $0 / positives },
                hessian: total[(1 + columns)...].map { $0 / positives })
            for f in 0..<columns {
                result.loss += 0.5 * l2 * weights[f] * weights[f]
                result.gradient[f] += l2 * weights[f]
                guard withHessian else { continue }
                result.hessian[f * columns + f] += l2
                for g in 0..<f { result.hessian[f * columns + g] = result.hessian[g * columns + f] }
            }
            return result
        }

        /// Adds one request: `n` choices among candidates with utilities u = x . w.
        ///
        /// A column that is the same for all of its candidates (who asks, when; or nothing is known of any) adds the same
        /// to every utility, which no choice depends on: its gradient and its rows of the Hessian are 0. Only the others
        /// are looked at, gathered so that the inner loops run over neighbours.
        private func add(
            _ group: Int, _ weights: [Double], _ withHessian: Bool, to sum: UnsafeMutablePointer<Double>
        ) {
            let columns = design.columns
            let rows = examples.groups[group]..<examples.groups[group + 1]
            let active = active[group]
            let n = active.count
            // A choice that is worth two is two choices.
            let chosen = rows.reduce(0) { $0 + worth($1) }
            // The rows of the request, then the mean and the gradient of the columns that differ.
            let space = UnsafeMutablePointer<Double>.allocate(capacity: rows.count * n + 2 * n)
            defer { space.deallocate() }
            let mean: UnsafeMutablePointer<Double> = space + rows.count * n
            let gradient: UnsafeMutablePointer<Double> = mean + n
            mean.initialize(repeating: 0, count: 2 * n)

            var probabilities = [Double](repeating: 0, count: rows.count)
            for i in probabilities.indices {
                let source: UnsafePointer<Float> = design.row(rows.lowerBound + i)
                let x: UnsafeMutablePointer<Double> = space + i * n
                var utility = 0.0
                for f in 0..<n {
                    x[f] = Double(source[active[f]])
                    utility += x[f] * weights[active[f]]
                }
                probabilities[i] = utility
            }
            let peak = probabilities.max() ?? 0
            var normaliser = 0.0
            for i in probabilities.indices {
                sum[0] -= worth(rows.lowerBound + i) * (probabilities[i] - peak)
                probabilities[i] = exp(probabilities[i] - peak) * Double(examples.stands[rows.lowerBound + i])
                normaliser += probabilities[i]
            }
            sum[0] += chosen * log(normaliser)

            for i in probabilities.indices {
                probabilities[i] /= normaliser
                let x: UnsafeMutablePointer<Double> = space + i * n
                let gain = worth(rows.lowerBound + i)
                if gain > 0 {
                    for f in 0..<n { gradient[f] -= gain * x[f] }
                }
                for f in 0..<n { mean[f] += probabilities[i] * x[f] }
            }
            for f in 0..<n { sum[1 + active[f]] += gradient[f] + chosen * mean[f] }
            guard withHessian else { return }
            let (covariance, stride) = Self.covariance(
                of: space, around: mean, columns: n, probabilities: probabilities)
            let hessian: UnsafeMutablePointer<Double> = sum + 1 + columns
            for f in 0..<n {
                let line: UnsafeMutablePointer<Double> = hessian + active[f] * columns
                for g in f..<n { line[active[g]] += chosen * Double(covariance.pointer[f * stride + g]) }
            }
        }

        /// The sum of p (x - mean) (x - mean)^T over rows x of probabilities p, a covariance, and how far its rows are apart. In Floats: the
        /// Hessian says how long a step is, and where steps end is said by the gradient, which is summed in Doubles.
        private static func covariance(
            of rows: UnsafePointer<Double>, around mean: UnsafePointer<Double>, columns n: Int, probabilities: [Double]
        ) -> (sum: SharedBuffer<Float>, stride: Int) {
            let stride = SkipGramKernel.stride(for: n)
            let sum = SharedBuffer<Float>(count: stride * stride, repeating: 0)
            let scaled = SharedBuffer<Float>(count: stride * probabilities.count, repeating: 0)
            for i in probabilities.indices {
                let root = probabilities[i].squareRoot()
                let x: UnsafePointer<Double> = rows + i * n
                let y: UnsafeMutablePointer<Float> = scaled.pointer + i * stride
                for f in 0..<n { y[f] = Float(root * (x[f] - mean[f])) }
            }
            LeastSquaresKernel.addGram(of: scaled.pointer, stride: stride, count: probabilities.count, to: sum.pointer)
            return (sum, stride)
        }
    }

    /// L of A = L L^T for a symmetric positive definite A, row-major; what is above the diagonal stays as it was.
    static func cholesky(_ a: [Double]) -> [Double] {
        let n = Int(Double(a.count).squareRoot())
        var l = a
        for j in 0..<n {
            var diagonal = l[j * n + j]
            for k in 0..<j { diagonal -= l[j * n + k] * l[j * n + k] }
            let root = max(diagonal, 1e-12).squareRoot()
            l[j * n + j] = root
            for i in (j + 1)..<max(n, j + 1) {
                var value = l[i * n + j]
                for k in 0..<j { value -= l[i * n + k] * l[j * n + k] }
                l[i * n + j] = value / root
            }
        }
        return l
    }

    /// Solves L L^T x = b.
    static func solve(_ l: [Double], _ b: [Double]) -> [Double] {
        let n = b.count
        var x = b
        for i in 0..<n {
            for k in 0..<i { x[i] -= l[i * n + k] * x[k] }
            x[i] /= l[i * n + i]
        }
        for i in stride(from: n - 1, through: 0, by: -1) {
            for k in (i + 1)..<max(n, i + 1) { x[i] -= l[k * n + i] * x[k] }
            x[i] /= l[i * n + i]
        }
        return x
    }
}
