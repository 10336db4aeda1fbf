import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

/// Worlds with one signal: what features and ranker make of it together.
@Suite struct FeatureWorldTests {
    static let day: Int64 = 86_400_000
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func table(_ entries: [Entry<Item>], _ schema: [String: AttributeType]) throws -> ItemTable {
        try ItemTable.write(entries, schema: schema, to: folder.file("items.safetensors"))
        return try ItemTable(folder.file("items.safetensors"))
    }

    private func touch(_ table: ItemTable, _ item: Int, at time: Int64, price: Double? = nil) -> UserState.Touch {
        .init(
            time: time, eventHash: UInt64(item) &* 0x9E37_79B9 &+ UInt64(bitPattern: time),
            item: table.key(of: ItemIndex(item)), isPositive: true,
            purchase: price.map { Purchase(price: UInt32($0 * 100), quantity: 100) } ?? .none)
    }

    /// Everybody buys near a price of their own, and nothing else tells items apart.
    @Test(arguments: [true, false]) func priceAffinity(isPaid: Bool) throws {
        var random = RandomSource(seed: 11)
        let prices = (0..<200).map { _ in exp(Double(random.uniform()) * 5) }
        let table = try table(
            prices.enumerated().map { n, price in
                Entry(id: ItemID("i\(1_000 + n)"), attributes: ["price": .number(price)])
            }, ["price": .number])
        let catalogue = FeatureCatalogue(
            retrievers: ["popular"], similarities: [], items: table, popularity: Shares([]))
        let now = Timestamp(milliseconds: 1_000 * Self.day)

        func request() -> (FeatureMatrix, best: Int) {
            let level = Double(random.uniform()) * 5
            let near = prices.indices.sorted { abs(log(prices[$0]) - level) < abs(log(prices[$1]) - level) }
            var user = UserState()
            var history: [Interest] = []
            for n in 0..<8 {
                let item = near[random.below(12)]
                let time = now.milliseconds - Int64(n + 1) * Self.day
                user.fold(touch(table, item, at: time, price: isPaid ? prices[item] : nil), seq: 1)
                history.append(Interest(item: ItemIndex(item), time: Timestamp(milliseconds: time)))
            }
            var candidates = Array(prices.indices)
            random.shuffle(&candidates)
            let items = candidates.prefix(20).sorted()
            let context = FeatureContext(
                items: items.map { ItemIndex($0) },
                query: Query(history: isPaid ? [] : history, excluded: ItemSet(itemCount: table.count)),
                opinions: [.init(retriever: "popular", scores: items.map { _ in random.uniform() })],
                moments: items.map { _ in nil }, userState: user, totals: .init(), table: table, similarities: [],
                popularity: Shares([]), now: now)
            let best = items.indices.min { abs(log(prices[items[$0]]) - level) < abs(log(prices[items[$1]]) - level) }
            return (catalogue.matrix(context), best ?? 0)
        }

        var examples = Examples(names: catalogue.names)
        for _ in 0..<300 {
            let (matrix, best) = request()
            examples.append(matrix, labels: (0..<20).map { $0 == best }, missedPositives: 0)
        }
        let (ranker, report) = try ConditionalLogit.fit(examples, scenario: "home", threads: 1)
        #expect(report.loss < 0.5 * report.lossBefore)
        var (first, near) = (0, 0)
        for _ in 0..<200 {
            let (matrix, best) = request()
            let rank = ranks(of: ranker.scores(of: matrix))[best]
            first += rank == 0 ? 1 : 0
            near += rank < 3 ? 1 : 0
        }
        // By chance it would be first 10 times of 200. Eight purchases say roughly where somebody's price is.
        #expect(first > 100 && near > 180, "first \(first), among three \(near) of 200")
    }

    /// What tells the liked item apart happens after the moment: no column knows.
    @Test func theFutureIsNoSignal() throws {
        let now = Timestamp(milliseconds: 1_000 * Self.day + 5_000_000)
        let table = try table(
            (0..<10).map { n in
                Entry(
                    id: ItemID("i\(n)"),
                    attributes: n < 5
                        ? ["createdAt": .time(Timestamp(milliseconds: now.milliseconds + Self.day))] : [:])
            }, ["createdAt": .time])
        let catalogue = FeatureCatalogue(
            retrievers: ["popular"], similarities: [], items: table, popularity: Shares([]))
        var random = RandomSource(seed: 3)
        var examples = Examples(names: catalogue.names)
        for _ in 0..<60 {
            var states = (0..<10).map { _ in ItemState() }
            var user = UserState()
            for item in 0..<10 {
                // All alike until now.
                states[item].fold(
                    .init(time: now.milliseconds - 3 * Self.day, eventHash: 1, user: UserKey(1)), isPositive: true,
                    halfLife: .week, seq: 1)
                guard item < 5 else { continue }
                for n in 0..<20 {
                    let time = now.milliseconds + 1 + Int64(random.below(Int(Self.day)))
                    states[item].fold(
                        .init(time: time, eventHash: UInt64(n + 2), user: UserKey(1)), isPositive: true,
                        halfLife: .week, seq: 1)
                    user.fold(touch(table, item, at: time, price: 5), seq: 1)
                }
            }
            let matrix = catalogue.matrix(
                FeatureContext(
                    items: (0..<10).map { ItemIndex($0) }, query: Query(excluded: ItemSet(itemCount: 10)),
                    opinions: [], moments: states.map { $0.moment(at: now) }, userState: user, totals: .init(),
                    table: table, similarities: [], popularity: Shares([]), now: now))
            for row in 1..<10 { #expect(same(Array(matrix.row(row)), Array(matrix.row(0)))) }
            examples.append(matrix, labels: (0..<10).map { $0 < 5 }, missedPositives: 0)
        }
        let (_, report) = try ConditionalLogit.fit(examples, scenario: "home", threads: 1)
        #expect(abs(report.loss - report.lossBefore) < 1e-9)
    }
}
