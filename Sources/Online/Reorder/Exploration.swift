import MagpieDomain
import MagpieKernels

/// Answers whose first places are shuffled, each order as likely as any other: then what a place gets in clicks is what it is
/// looked at, whatever stands there (Joachims, Swaminathan and Schnabel 2017, "Unbiased Learning-to-Rank with Biased
/// Feedback", section 5.3). See ``PlacePropensities``.
///
/// Whether an answer is one of them, and its order, follow from the bits of its request's id alone.
public struct Exploration {
    /// So many places are shuffled.
    public static let depth = 10

    /// The id that says so.
    let id: RequestID
    private var random: RandomSource

    /// nil: this answer stays as it is. Only ranked ones that somebody looks at, in no other order than the ranker's, are
    /// shuffled.
    init?(_ request: Request, _ scenario: Scenario, _ rung: Answer.Rung) {
        guard request.mayExplore, scenario.explore > 0, rung == .ranked, request.candidates == nil, !request.explain
        else {
            return nil
        }
        var random = RandomSource(seed: StableHash.xxh64(request.id.description))
        guard Double.random(in: 0..<1, using: &random) < scenario.explore else { return nil }
        self.random = random
        id = request.id.explored
    }

    func shuffle(_ entries: inout [Answer.Entry]) {
        var random = random
        entries[..<min(Self.depth, entries.count)].shuffle(using: &random)
    }
}
