import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieRanking

/// Events, items and requests for `magpie bench features`, made from a seed: nothing is held but the state.
struct FeatureBenchWorld {
    let events: Int
    let users: Int
    let items: Int
    let seed: UInt64
    let rules = EventRules()

    private static let start: Int64 = 1_500_000_000_000
    /// Milliseconds between two events.
    private static let pause: Int64 = 10_000
    private static let retrievers = 14

    private func item(_ random: inout RandomSource) -> Int {
        let u = Double(random.uniform())
        return min(Int(u * u * u * Double(items)), items - 1)
    }

    private func key(ofUser user: Int) -> UserKey { UserKey(UInt64(user + 1) &* 0x9E37_79B9_7F4A_7C15) }

    private var itemKeys: [ItemKey] { (0..<items).map { Self.id($0).key } }
    private static func id(_ item: Int) -> ItemID { ItemID("i\(10_000_000 + item)") }

    /// The moment after the last event.
    var end: Timestamp { Timestamp(milliseconds: Self.start + Int64(events) * Self.pause + 3_600_000) }

    /// Folds a part of the events in. The same part is the same events, whenever it is replayed.
    func replay(_ part: Range<Int>, into store: FeatureStore, progress: (Double) -> Void) {
        let keys = itemKeys
        for first in stride(from: part.lowerBound, to: part.upperBound, by: 65_536) {
            var random = RandomSource(seed: seed, 4, UInt64(first))
            for n in first..<min(first + 65_536, part.upperBound) {
                let isLate = random.below(10) == 0
                let time = Self.start + Int64(n) * Self.pause - (isLate ? Int64(random.below(7 * 86_400_000)) : 0)
                let isPurchase = random.below(20) == 0
                store.fold(
                    actor: key(ofUser: random.below(users)), item: keys[item(&random)],
                    time: Timestamp(milliseconds: time), eventHash: random.next(), isPositive: random.below(3) > 0,
                    purchase: isPurchase
                        ? Purchase(price: UInt32(1 + random.below(20_000)), quantity: 100) : .none, seq: Int64(n + 1))
            }
            progress(Double(first - part.lowerBound) / Double(max(1, part.count)))
        }
    }

    struct Request {
        var user: UserKey
        /// Ascending.
        var items: [ItemIndex]
        var keys: [ItemKey]
    }

    func requests(_ count: Int, candidates: Int) -> [Request] {
        let keys = itemKeys
        return (0..<count).map { n in
            var random = RandomSource(seed: seed, 5, UInt64(n))
            var chosen = Set<Int>()
            // Two thirds as people ask for them, the rest evenly.
            while chosen.count < candidates {
                let isPopular = chosen.count * 3 < candidates * 2
                chosen.insert(isPopular ? item(&random) : random.below(items))
            }
            let rows = chosen.sorted()
            return Request(
                user: key(ofUser: random.below(users)), items: rows.map { ItemIndex($0) }, keys: rows.map { keys[$0] })
        }
    }

    /// The state of a user and of the candidates at a moment.
    func hydration(of requests: [Request], from store: FeatureStore) -> CallTimes {
        func hydrate(_ n: Int) -> Int64 {
            let request = requests[n]
            let user = store.user(request.user)
            let moments = store.moments(of: request.keys, at: end)
            return (user?.events ?? 0) &+ (moments.last??.events ?? 0)
        }
        for n in requests.indices { _ = hydrate(n) }
        return CallTimes.measured(requests.count) { _ = hydrate($0) }
    }

    /// Whether two stores say the same of everything that the requests ask.
    func isSame(_ a: FeatureStore, _ b: FeatureStore) -> Bool {
        a.totals == b.totals && a.appliedSeq == b.appliedSeq
            && requests(50, candidates: min(items, 300)).allSatisfy { request in
                a.user(request.user) == b.user(request.user) && a.items(request.keys) == b.items(request.keys)
                    && a.moments(of: request.keys, at: end) == b.moments(of: request.keys, at: end)
            }
    }

    // MARK: Features

    struct Cost: Encodable {
        var feature: String
        var micros: Double
    }

    /// The time of all features of a request, without that of reading the state, and of the slowest of them.
    func featureTimes(
        of requests: [Request], from store: FeatureStore, in folder: URL
    ) throws -> (all: CallTimes, columns: Int, slowest: [Cost]) {
        let table = try itemTable(in: folder)
        let likeness = MadeUpLikeness()
        let catalogue = FeatureCatalogue(
            retrievers: (0..<Self.retrievers).map { "r\($0)" }, similarities: [likeness.name], items: table,
            popularity: MadeUpPopularity(count: items))
        let contexts = requests.prefix(300).enumerated().map { n, request in
            context(request, n, store, table, likeness)
        }
        for context in contexts { _ = catalogue.matrix(context) }
        let all = CallTimes.measured(contexts.count) { _ = catalogue.matrix(contexts[$0]) }
        let few = contexts.prefix(50)
        var costs: [String: Double] = [:]
        for feature in catalogue.features {
            let alone = FeatureCatalogue(features: [feature])
            let taken = CallTimes.measured(few.count) { _ = alone.matrix(few[$0]) }.micros(0.5)
            let name = "\(type(of: feature))"
            costs[name, default: 0] += taken
        }
        let slowest = costs.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8)
        return (all, catalogue.names.count, slowest.map { Cost(feature: $0.key, micros: $0.value) })
    }

    private func context(
        _ request: Request, _ n: Int, _ store: FeatureStore, _ table: ItemTable, _ likeness: MadeUpLikeness
    ) -> FeatureContext {
        var random = RandomSource(seed: seed, 6, UInt64(n))
        let user = store.user(request.user)
        let history = (user?.history(limit: 1_000) ?? []).compactMap { touch in
            table.index(of: touch.item).map { Interest(item: $0, time: touch.time) }
        }
        var query = Query(history: history, excluded: ItemSet(itemCount: items))
        query.text = "silent river of the north"
        let proposals = (0..<Self.retrievers).map { _ in
            (0..<min(100, request.items.count)).map { _ in
                Scored(item: request.items[random.below(request.items.count)], score: 1)
            }
        }
        return FeatureContext(
            items: request.items, query: query,
            opinions: (0..<Self.retrievers).map { r in
                .init(retriever: "r\(r)", scores: request.items.map { _ in random.uniform() })
            }, proposals: proposals, moments: store.moments(of: request.keys, at: end), user: request.user,
            userState: user, totals: store.totals, table: table, similarities: [likeness],
            popularity: MadeUpPopularity(count: items), now: end)
    }

    private func itemTable(in folder: URL) throws -> ItemTable {
        let words = ["River", "North", "Silent", "Golden", "House", "Night", "Road", "Stone", "Winter", "Garden"]
        let entries = (0..<items).map { n -> Entry<Item> in
            var random = RandomSource(seed: seed, 7, UInt64(n))
            let title = (0..<2 + random.below(4)).map { _ in words[random.below(words.count)] }.joined(separator: " ")
            return Entry(
                id: Self.id(n),
                attributes: [
                    "title": .text("\(title) (\(1950 + random.below(70)))"),
                    "genres": .keywords((0..<1 + random.below(3)).map { _ in "g\(random.below(20))" }),
                    "year": .number(Double(1950 + random.below(70))),
                    "price": .number(1 + Double(random.below(20_000)) / 100),
                ])
        }
        let url = folder.appendingPathComponent("items.safetensors")
        try ItemTable.write(
            entries,
            schema: [
                "title": .text(language: "en"), "genres": .keywords, "year": .number, "price": .number,
            ], to: url)
        return try ItemTable(url)
    }
}

/// What an item's number says: as cheap as it gets, for the similarity itself is not what is measured.
private struct MadeUpLikeness: ItemSimilarity {
    let name = "embedding"

    func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float] {
        items.map { 1 / Float(1 + ($0 > other ? $0 - other : other - $0)) }
    }
}

private struct MadeUpPopularity: Popularity {
    let count: Int

    func share(of item: ItemIndex) -> Float { 1 - Float(item) / Float(count) }
}
