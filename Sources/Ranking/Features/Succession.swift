import MagpieDomain

/// Whether a candidate comes after what the user liked last rather than before it: the memory card after the camera, the second
/// part after the first. The share (after + 1) / (after + before + 2) of how often it was either, near the last item and near
/// the last five, each of which weighs less than the newer one; 0.5 where nobody has said. NaN without a history.
///
/// Neighbours that are alike in both directions (cosine, RP3beta, embeddings) cannot tell, and the weight of a transition
/// tells how often it was made, and not how much more often than the way back.
struct Succession: Feature {
    let columns = ["succession.toLast", "succession.toLast5"]

    /// There is one where this retriever is.
    static let retriever = "transitions"

    private static let decay: Float = 0.6

    func write(_ context: FeatureContext, to matrix: inout FeatureMatrix, at column: Int) {
        guard let succession = context.succession else { return }
        let recent = context.recent(5)
        guard !recent.isEmpty else { return }
        var after = [Float](repeating: 0, count: context.items.count)
        var before = after
        var weight: Float = 1
        for (age, interest) in recent.enumerated() {
            for (row, count) in succession.counts(of: context.items, around: interest.item).enumerated() {
                after[row] += weight * count.after
                before[row] += weight * count.before
                if age == 0 { matrix[row, column] = Self.balance(count.after, count.before) }
            }
            weight *= Self.decay
        }
        for row in after.indices { matrix[row, column + 1] = Self.balance(after[row], before[row]) }
    }

    private static func balance(_ after: Float, _ before: Float) -> Float { (after + 1) / (after + before + 2) }
}
