import Foundation
import MagpieDomain
import MagpieKernels

/// The table of EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", section 3.1): the item x item
/// weights B with a diagonal of zeros that best give each history back from itself, in closed form. With X the binary
/// user x item table of positives and P the inverse of XᵀX + lambda I,
///
///     B(i, j) = -P(i, j) / P(j, j)
///
/// 1. Only the most liked items take part (``EASEOptions/maximumItems``; of equals those with the smaller index): X has
///    no other columns.
/// 2. Of each row the `topN` largest weights above 0 are kept. Negative ones say what not to propose; a sum over a
///    table of the best does without.
///
/// Memory: 4 bytes for each pair of items that take part. The same bytes for any number of threads, see
/// ``SymmetricInverse``.
public enum EASE {
    /// Makes `ease.safetensors` from the positives. Nothing is random.
    ///
    /// Throws ``NeighbourError/notInvertible(items:regularisation:)``.
    public static func build(
        from interactions: Interactions, options: EASEOptions, threads: Int,
        progress: (Double) -> Void = { _ in }, to url: URL
    ) throws -> NeighbourTable.Report {
        let histories = Histories(of: interactions, limit: options.historyLimit, distinct: true)
        let head = mostLiked(histories, options.maximumItems)
        let n = head.count
        let matrix = company(of: head, histories, options, threads: threads)
        let failed = SymmetricInverse.invert(matrix, order: n, threads: threads) { progress(0.9 * $0) }
        guard failed == nil else {
            throw NeighbourError.notInvertible(items: n, regularisation: options.regularisation)
        }
        var place = [Int32](repeating: -1, count: histories.itemCount)
        for (row, item) in head.enumerated() { place[item] = Int32(row) }
        let scale: [Float] = (0..<n).map { -1 / matrix[$0 * n + $0] }
        let rows = SparseRowsBuilder(
            itemCount: histories.itemCount, threads: threads, progress: { progress(0.9 + 0.1 * $0) }
        ) { [place] item, _ in
            let row = Int(place[item])
            guard row >= 0 else { return [] }
            var best = TopK(options.topN)
            let values: UnsafeMutablePointer<Float> = matrix.pointer + row * n
            scale.withUnsafeBufferPointer { scale in
                for column in 0..<n where column != row {
                    let weight: Float = values[column] * scale[column]
                    if weight > 0, weight >= best.threshold { best.offer(UInt32(column), weight) }
                }
            }
            return best.sorted().map { (id: UInt32(head[Int($0.id)]), score: $0.score) }.sorted { $0.id < $1.id }
        }
        return try NeighbourTable.write(
            rows, method: .ease, options: options,
            whole: HistoryWindow(items: HistoryWindow.everything, recencyDecay: options.recencyDecay),
            recent: options.recent, to: url)
    }

    /// The items that take part, ascending: those with a positive, and of them the most liked.
    private static func mostLiked(_ histories: Histories, _ limit: Int) -> [Int] {
        let popularity = histories.popularity
        let liked = popularity.indices.filter { popularity[$0] > 0 }
        if liked.count <= limit { return liked }
        let byPopularity = liked.sorted { (popularity[$1], $0) < (popularity[$0], $1) }
        return byPopularity.prefix(limit).sorted()
    }

    /// XᵀX + lambda I over the items that take part, the lower triangle. Counts are whole numbers and exact.
    private static func company(
        of head: [Int], _ histories: Histories, _ options: EASEOptions, threads: Int
    ) -> SharedBuffer<Float> {
        let n = head.count
        let matrix = SharedBuffer<Float>(count: n * n, repeating: 0)
        let rowsPerPiece = 32
        Parallel.forEach(
            (n + rowsPerPiece - 1) / rowsPerPiece, threads: threads,
            scratch: { RowAccumulator(itemCount: histories.itemCount) }
        ) { piece, accumulator in
            for row in piece * rowsPerPiece..<min((piece + 1) * rowsPerPiece, n) {
                let item = head[row]
                histories.addCompany(of: item, weight: { _ in 1 }, to: &accumulator)
                let values: UnsafeMutablePointer<Float> = matrix.pointer + row * n
                for column in 0..<row { values[column] = accumulator.sums[head[column]] }
                values[row] = Float(Double(histories.popularity(of: item)) + options.regularisation)
                accumulator.clear()
            }
        }
        return matrix
    }
}

/// What can go wrong while a table of neighbours is made.
public enum NeighbourError: Error, Equatable, CustomStringConvertible {
    case notInvertible(items: Int, regularisation: Double)

    public var description: String {
        switch self {
        case .notInvertible(let items, let regularisation):
            "EASE: the table of \(items) items cannot be inverted with ease.regularisation \(regularisation): "
                + "set it higher in magpie.json (400 is the default), or ease.maximumItems to 0 to go without"
        }
    }
}
