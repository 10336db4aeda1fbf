/// How wide a search looks: which partitions it scans, which candidates it scores again.
///
/// Partitions are cut by their number or by their gap, how far their score lies below the best one's. A gap spends
/// more on queries that lie between many partitions and less on those that lie well inside one; which of the two is
/// cheaper, calibration finds. Candidates are cut by a margin, how far the score of their code lies below the k-th
/// best one's: as much as codes err, whether that is a dozen candidates or, where many are alike, a thousand.
/// For the inner product gap and margin are those of a query of length 1.
struct SearchWidth: Sendable, Hashable, Codable {
    var probes: Int
    var gap: Float
    var margin: Float

    /// Cuts nothing. (Infinity is no number in JSON.)
    static let anyGap = Float.greatestFiniteMagnitude
}
