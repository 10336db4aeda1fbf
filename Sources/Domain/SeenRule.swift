/// Which of the things that a user has done with an item keep it out of answers: `touched`, `liked`, `bought`, each for
/// good or for some days.
///
///     bought<30d      nobody is shown what they bought within the last thirty days
///     touched         whatever they ever did anything with
///
/// Of a scenario's rules one that holds is enough.
public struct SeenRule: Sendable, Hashable, Notated {
    public enum Interaction: String, Sendable, Hashable, CaseIterable {
        case touched
        case liked
        case bought
    }

    public var interaction: Interaction
    /// nil: for good.
    public var days: Double?

    public init(_ interaction: Interaction, days: Double? = nil) {
        self.interaction = interaction
        self.days = days
    }

    /// nil: no such rule.
    public init?(_ notation: String) {
        let parts = notation.split(separator: "<", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let interaction = Interaction(rawValue: String(parts[0])) else {
            return nil
        }
        self.interaction = interaction
        guard parts.count == 2 else { return }
        guard parts[1].last == "d", let days = Double(parts[1].dropLast()), days > 0, days <= 1e6 else { return nil }
        self.days = days
    }

    public var notation: String {
        guard let days else { return interaction.rawValue }
        return "\(interaction.rawValue)<\(days == days.rounded() ? String(Int(days)) : String(days))d"
    }

    public static let expected = "touched, liked or bought, each with days if it shall end: bought<30d"

    /// Whether something done at `time`, both in UTC milliseconds, keeps its item out at `now`.
    @inlinable public func holds(time: Int64, now: Int64, isLiked: Bool, isBought: Bool) -> Bool {
        switch interaction {
        case .touched: break
        case .liked: guard isLiked else { return false }
        case .bought: guard isBought else { return false }
        }
        guard let days else { return true }
        return Double(now) - Double(time) < days * 86_400_000
    }
}
