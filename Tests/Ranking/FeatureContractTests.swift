import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRanking

/// What every feature of the catalogue promises, whatever it is asked.
@Suite struct FeatureContractTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    private func likeness(_ name: String, _ random: inout RandomSource) -> Likeness {
        let n = shelf.table.count
        return Likeness(
            name: name,
            values: (0..<n).map { _ in (0..<n).map { _ in random.below(4) == 0 ? .nan : 2 * random.uniform() - 1 } })
    }

    /// A request with everything drawn at random, and holes.
    private func anything(_ seed: UInt64) -> FeatureContext {
        var random = RandomSource(seed: seed)
        let n = shelf.table.count
        var rows = (0..<n).map { ItemIndex($0) }
        random.shuffle(&rows)
        let items = rows.prefix(random.below(n + 1)).sorted()
        let history = (0..<random.below(8)).map { _ in ItemIndex(random.below(n)) }
        let texts = [nil, "", "red dragon", "ELAN", "1999", "?!", "e\u{301}\u{1F409}"]
        let opinions = ["embedding", "text"].filter { _ in random.below(4) > 0 }.map { name in
            FeatureContext.Opinion(
                retriever: name, scores: items.map { _ in random.below(3) == 0 ? .nan : 9 * random.uniform() - 4 })
        }
        let states: [ItemState?] = items.map { _ in
            if random.below(3) == 0 { return nil }
            var state = ItemState()
            for _ in 0..<random.below(4) {
                state.fold(
                    time: Timestamp(milliseconds: Int64(random.below(1 << 40))), isPositive: random.below(2) == 0,
                    seq: 1)
            }
            return state
        }
        let events = Int64(random.below(100))
        let touches = (0..<random.below(30)).map { _ in
            shelf.touch(
                ItemIndex(random.below(n)), at: Int64(random.below(1 << 41)), isPositive: random.below(2) == 0,
                purchase: random.below(2) == 0
                    ? .none : Purchase(price: UInt32(random.below(1 << 32)), quantity: UInt16(random.below(1 << 16))))
        }
        let proposals = (0..<random.below(4)).map { _ in
            (0..<random.below(6)).map { Scored(item: ItemIndex(random.below(n)), score: Float(10 - $0)) }
        }
        return shelf.context(
            items: items, history: history, text: texts[random.below(texts.count)], opinions: opinions,
            proposals: proposals, states: states, user: random.below(3) == 0 ? nil : shelf.user(touches),
            seed: random.below(2) == 0 ? nil : ItemIndex(random.below(n)),
            totals: .init(events: events, positives: events == 0 ? 0 : Int64(random.below(Int(events) + 1))),
            similarities: [likeness("embedding", &random), likeness("neighbours", &random)],
            popularity: Shares((0..<n).map { _ in random.below(5) == 0 ? .nan : random.uniform() }),
            now: Timestamp(milliseconds: Int64(random.below(1 << 41))))
    }

    @Test func namesAreUniqueAndSaidInTheOrderOfTheColumns() {
        let catalogue = shelf.catalogue
        #expect(Set(catalogue.names).count == catalogue.names.count)
        #expect(catalogue.names == catalogue.features.flatMap(\.columns))
        #expect(catalogue.names.contains("genres.affinity") && catalogue.names.contains("year.gap"))
        #expect(catalogue.names.contains("price.ofUsual") && !catalogue.names.contains("price.value"))
        #expect(!catalogue.names.contains { $0.hasPrefix("hidden") })
    }

    @Test(arguments: 0..<60) func valuesAreFiniteOrNotKnown(seed: Int) {
        let context = anything(UInt64(seed))
        let matrix = shelf.catalogue.matrix(context)
        #expect(matrix.rowCount == context.items.count)
        #expect(matrix.values.count == context.items.count * shelf.catalogue.names.count)
        for (i, value) in matrix.values.enumerated() where !value.isNaN {
            #expect(value.isFinite, "\(matrix.names[i % matrix.names.count]) is \(value)")
        }
    }

    /// A feature writes its own columns and no other's.
    @Test(arguments: 0..<10) func featuresKeepToTheirColumns(seed: Int) {
        let context = anything(UInt64(seed))
        let whole = shelf.catalogue.matrix(context)
        var first = 0
        for feature in shelf.catalogue.features {
            let alone = FeatureCatalogue(features: [feature]).matrix(context)
            for row in context.items.indices {
                let columns = first..<first + feature.columns.count
                #expect(same(columns.map { whole[row, $0] }, Array(alone.row(row))))
            }
            first += feature.columns.count
        }
    }

    /// The order of the candidates says nothing: a row goes with its item.
    @Test(arguments: 0..<20) func rowsGoWithTheirItems(seed: Int) {
        let context = anything(UInt64(seed))
        var turned = context
        turned.items.reverse()
        turned.moments.reverse()
        for i in turned.opinions.indices { turned.opinions[i].scores.reverse() }
        let (a, b) = (shelf.catalogue.matrix(context), shelf.catalogue.matrix(turned))
        for row in context.items.indices {
            #expect(same(Array(a.row(row)), Array(b.row(context.items.count - 1 - row))))
        }
    }

    /// What must hold behind another bundle: scores times eight plus four mean the same (a share of the best: times
    /// eight), and so does a log in which everything happened a thousand times. What counts is a rate, and bounded.
    @Test(arguments: 0..<20) func nothingCountsRaw(seed: Int) {
        let context = anything(UInt64(seed))
        let plain = shelf.catalogue.matrix(context)
        for offset: Float in [0, 4] {
            var scaled = context
            for i in scaled.opinions.indices {
                scaled.opinions[i].scores = context.opinions[i].scores.map { 8 * $0 + offset }
            }
            for i in scaled.moments.indices { scaled.moments[i]?.multiply(by: 1_000) }
            scaled.totals.events *= 1_000
            scaled.totals.positives *= 1_000
            let other = shelf.catalogue.matrix(scaled)
            let opinions = ["embedding.ofBest", "text.ofBest"]
            for row in context.items.indices {
                for (column, name) in plain.names.enumerated() {
                    if name.hasPrefix("quality.") {
                        #expect(!(abs(other[row, column]) > 20), "\(name)")
                    } else if offset == 0 || !opinions.contains(name) {
                        #expect(close([plain[row, column]], [other[row, column]], tolerance: 1e-4), "\(name)")
                    }
                }
            }
        }
    }

    /// What happens after the moment is not seen, in whichever state it stands.
    @Test(arguments: 0..<60) func nothingLaterIsSeen(seed: Int) {
        var random = RandomSource(seed: UInt64(seed), 7)
        let now = Timestamp(milliseconds: 1_600_000_000_000 + Int64(random.below(1 << 31)))
        let n = shelf.table.count
        let items = (0..<n).map { ItemIndex($0) }
        var states = items.map { _ in ItemState() }
        var touches: [UserState.Touch] = []
        func happen(_ time: Int64) {
            let item = random.below(n)
            let isPositive = random.below(3) > 0
            states[item].fold(
                .init(time: time, eventHash: UInt64(random.below(1 << 40)), user: UserKey(1)), isPositive: isPositive,
                halfLife: .week, seq: 1)
            touches.append(
                shelf.touch(
                    ItemIndex(item), at: time, isPositive: isPositive,
                    purchase: Purchase(price: UInt32(random.below(10_000)), quantity: 100)))
        }
        for _ in 0..<100 { happen(now.milliseconds - Int64(random.below(100 * 86_400_000))) }
        func matrix() -> FeatureMatrix {
            shelf.catalogue.matrix(
                shelf.context(
                    items: items, states: states, user: shelf.user(touches), totals: .init(events: 9, positives: 5),
                    now: now))
        }
        let before = matrix()
        for _ in 0..<20 { happen(now.milliseconds + 1 + Int64(random.below(100 * 86_400_000))) }
        for _ in 0..<20 { happen(now.milliseconds + 1 + Int64(random.below(3_600_000))) }
        let after = matrix()
        for row in items.indices {
            for (column, name) in before.names.enumerated() {
                #expect(same([before[row, column]], [after[row, column]]), "\(name)")
            }
        }
    }

    @Test func nobodyAndNothing() {
        let names = shelf.catalogue.names
        let empty = shelf.catalogue.matrix(shelf.context(items: []))
        #expect(empty.rowCount == 0 && empty.names == names)
        // One candidate, no history, no text, no opinion, no state: only what the item says of itself, and the prior.
        let one = shelf.catalogue.matrix(shelf.context(items: [4]))
        let always = ["quality.positiveRate", "time.hour", "time.weekday"]
        for (column, name) in names.enumerated() where !always.contains(name) {
            #expect(one[0, column].isNaN, "\(name)")
        }
    }
}

extension ItemMoment {
    fileprivate mutating func multiply(by factor: Int64) {
        events *= factor
        positives *= factor
        day = day.map { $0 * factor }
        week = week.map { $0 * factor }
        month = month.map { $0 * factor }
        quarter = quarter.map { $0 * factor }
        quarterEvents = quarterEvents.map { $0 * factor }
    }
}
