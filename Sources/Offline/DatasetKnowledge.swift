import MagpieDomain
import MagpieEvaluation

extension Dataset {
    /// Which items are popular by what this window knows.
    var kinds: ItemKinds { ItemKinds(keys: items.map(\.id.key), positives: interactions.positivesPerItem()) }

    /// What lists are measured against: who liked what, and the items' keywords.
    var knowledge: CatalogueKnowledge {
        var users = [Set<UInt32>](repeating: [], count: items.count)
        for row in 0..<interactions.count where interactions.isPositive[row] {
            users[Int(interactions.item[row])].insert(interactions.user[row])
        }
        var numbers: [String: UInt32] = [:]
        let keywords = items.map { item in
            var own: Set<UInt32> = []
            for (name, value) in item.attributes.sorted(by: { $0.key < $1.key }) {
                guard case .keywords(let words) = value else { continue }
                for word in words {
                    // One word of two attributes is two things.
                    let number = numbers["\(name)\u{0}\(word)", default: UInt32(numbers.count)]
                    numbers["\(name)\u{0}\(word)"] = number
                    own.insert(number)
                }
            }
            return own
        }
        return CatalogueKnowledge(
            keys: items.map(\.id.key),
            counts: CatalogueCounts(
                usersPerItem: users.map(\.count), userCount: interactions.users.count, keywords: keywords))
    }
}
