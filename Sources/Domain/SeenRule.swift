/// Which of the things that a user has done with an item, or passed over, keep it out of answers: `touched`, `liked`,
/// `bought` and `shown>=N`, each for good or for some days.
///
///     bought<30d      nobody is shown what they bought within the last thirty days
///     shown>=3<7d     nor what they saw three times within a week, and did nothing with since
///     touched         nor whatever they ever did anything with
///
/// Of a scenario's rules one that holds is enough.
public struct SeenRule: Sendable, Hashable, Notated {
    public enum Interaction: Sendable, Hashable {
        case touched
        case liked
        case bought
        /// On screen so many times, as impressions say, with nothing done since.
        case shown(Int)
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
        var rest = notation[...]
        func takes(_ beginning: String) -> Bool {
            guard rest.hasPrefix(beginning) else { return false }
            rest.removeFirst(beginning.count)
            return true
        }
        if takes("touched") {
            interaction = .touched
        } else if takes("liked") {
            interaction = .liked
        } else if takes("bought") {
            interaction = .bought
        } else if takes("shown>=") {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let times = Int(digits), Self.times.contains(times) else { return nil }
            rest.removeFirst(digits.count)
            interaction = .shown(times)
        } else {
            return nil
        }
        if rest.isEmpty { return }
        guard takes("<"), rest.last == "d", let days = Double(rest.dropLast()), days > 0, days <= 1e6 else {
            return nil
        }
        self.days = days
    }

    /// Of a user's impressions the newest thousand are known.
    static let times = 1...1_000

    public var notation: String {
        let name =
            switch interaction {
            case .touched: "touched"
            case .liked: "liked"
            case .bought: "bought"
            case .shown(let times): "shown>=\(times)"
            }
        guard let days else { return name }
        return "\(name)<\(days == days.rounded() ? String(Int(days)) : String(days))d"
    }

    public static let expected =
        "touched, liked, bought or shown>=N (1 to 1000 times, and nothing done since), each with days if it shall end: bought<30d"

    /// Whether something done at `time`, both in UTC milliseconds, keeps its item out at `now`. What was shown only is not done.
    @inlinable public func holds(time: Int64, now: Int64, isLiked: Bool, isBought: Bool) -> Bool {
        switch interaction {
        case .touched: break
        case .liked: guard isLiked else { return false }
        case .bought: guard isBought else { return false }
        case .shown: return false
        }
        guard let days else { return true }
        return Double(now) - Double(time) < days * 86_400_000
    }
}
