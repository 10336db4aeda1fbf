import MagpieKernels

/// The mean of tables over their training (Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by
/// Averaging"), where a state weighs as much as had been trained by then: the early ones hardly count (Shamir and Zhang
/// 2013, "Stochastic Gradient Descent for Non-smooth Optimization", section 4).
///
/// Each row moves around where it belongs, a rare item's by a few large steps; the mean is nearer to it than the last place
/// (docs/adr/0019). The tables are looked at some 32 times a training, evenly, so the cost does not grow with the corpus.
struct TrainingMean {
    private static let looks = 32.0

    private let tables: [SharedBuffer<Float>]
    private let sums: [SharedBuffer<Float>]
    private var weight: Float = 0
    private var mark = 0.0

    init(of tables: [SharedBuffer<Float>]) {
        self.tables = tables
        sums = tables.map { SharedBuffer(count: $0.count, repeating: 0) }
    }

    /// - Parameter done: the share of the training that is done, 1 at its end.
    mutating func look(at done: Double, threads: Int) {
        let reached = (done * Self.looks).rounded(.down)
        guard reached > mark else { return }
        mark = reached
        let share = Float(done)
        weight += share
        forEachPart(threads) { sum, table, count in
            for i in 0..<count { sum[i] += share * table[i] }
        }
    }

    /// Puts the mean into the tables, where anything was looked at.
    func replace(threads: Int) {
        guard weight > 0 else { return }
        forEachPart(threads) { sum, table, count in
            for i in 0..<count { table[i] = sum[i] / weight }
        }
    }

    private func forEachPart(
        _ threads: Int,
        _ body: @Sendable (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, _ count: Int) -> Void
    ) {
        let parts = 16
        for (sum, table) in zip(sums, tables) {
            Parallel.forEach(parts, threads: threads) { part in
                let begin: Int = table.count * part / parts
                let end: Int = table.count * (part + 1) / parts
                body(sum.pointer + begin, table.pointer + begin, end - begin)
            }
        }
    }
}
