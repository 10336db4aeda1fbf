import MagpieArtifacts
import MagpieDomain

/// The last stage: what stands where, when it is known how good each candidate is by itself.
///
/// 1. One of a group: of several editions of one thing the first stays, the others go.
/// 2. Diversity: ``MaximalMarginalRelevance`` over the first ``depth``; what comes after stays behind them.
/// 3. Caps: ``Capping``, over items of the bundle and newer ones alike.
///
/// A request that measures one retriever by itself is not re-ordered by the scenario, only by what it asks itself.
struct Reorder {
    /// Candidates that diversity chooses from.
    static let depth = 100

    let onePerGroup: Bool
    let diversity: Double
    let caps: [CategoryCap]

    /// Throws ``RequestError`` when diversity is out of its range, or a cap names what is no keyword attribute.
    init(_ request: Request, _ scenario: Scenario, _ items: ItemTable) throws {
        let isWhole = request.onlyRetriever == nil
        onePerGroup = scenario.onePerGroup && items.schema[ReservedAttribute.groupId] != nil
        diversity = request.diversity ?? (isWhole ? scenario.diversity : 0)
        caps = request.caps ?? (isWhole ? scenario.caps : [])
        guard (0...1).contains(diversity) else { throw RequestError.diversity(got: diversity) }
        for cap in caps where items.keywords(cap.attribute) == nil {
            throw RequestError.attribute(
                use: "cap", got: cap.attribute,
                expected: items.attributes.filter { $0.type == .keyword || $0.type == .keywords }.map(\.name))
        }
    }

    /// One item of a `groupId`: the first stays. `order`: rows of the stage.
    func ungrouped(_ order: [Int], _ stage: Candidates, _ items: ItemTable) -> [Int] {
        guard onePerGroup else { return order }
        var groups = Set<String>()
        return order.filter { row in
            guard case .keyword(let group)? = items.attribute(ReservedAttribute.groupId, of: stage.items[row])
            else { return true }
            return groups.insert(group).inserted
        }
    }

    /// Diverse by the first of the similarities that knows both of two items.
    func diversified(
        _ order: [Int], _ stage: Candidates, scores: [Float], _ similarities: [any ItemSimilarity]
    ) -> [Int] {
        guard diversity > 0, !similarities.isEmpty else { return order }
        let head = Array(order.prefix(Self.depth))
        let items = head.map { stage.items[$0] }
        let places = MaximalMarginalRelevance.order(scores: head.map { scores[$0] }, diversity: diversity) { chosen in
            Self.similarities(of: items, to: items[chosen], similarities)
        }
        return places.map { head[$0] } + order.dropFirst(Self.depth)
    }

    static func similarities(
        of items: [ItemIndex], to other: ItemIndex, _ all: [any ItemSimilarity]
    ) -> [Float] {
        var values = [Float](repeating: .nan, count: items.count)
        for similarity in all {
            guard values.contains(where: \.isNaN) else { break }
            for (place, value) in similarity.similarities(of: items, to: other).enumerated() where values[place].isNaN {
                values[place] = value
            }
        }
        return values
    }

    /// - Parameter count: how many items are asked for: how far a cap reaches that does not say it.
    func capped(
        _ places: [AnswerPlace], count: Int, attribute: (AnswerPlace, String) -> AttributeValue?
    ) -> (kept: [AnswerPlace], putOff: Int) {
        let capping = Capping(rules: caps.map { .init(most: $0.most, among: $0.among ?? count) })
        return capping.order(places) { place, rule in
            switch attribute(place, caps[rule].attribute) {
            case .keyword(let word)?: [word]
            case .keywords(let words)?: words
            default: []
            }
        }
    }
}

extension Recommender {
    /// An attribute of an item of an answer, in the bundle or newer.
    func attribute(of place: AnswerPlace, _ stage: Candidates, _ name: String) -> AttributeValue? {
        switch place {
        case .row(let row): snapshot.items.attribute(name, of: stage.items[row])
        case .added(let found): found.entry.attributes[name]
        }
    }
}
