import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRanking

/// Each feature, computed by hand. Items of the ``Shelf``: a = 0, b = 1, c = 2, d = 3, e = 4, ...
@Suite struct FeatureTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf() }

    /// Column by column.
    private func columns(_ feature: any Feature, _ context: FeatureContext) -> [[Float]] {
        let matrix = FeatureCatalogue(features: [feature]).matrix(context)
        return feature.columns.indices.map { column in (0..<matrix.rowCount).map { matrix[$0, column] } }
    }

    private func allUnknown(_ columns: [[Float]]) -> Bool { columns.allSatisfy { $0.allSatisfy { $0.isNaN } } }

    @Test func retrieverOpinion() {
        let scores: [Float] = [2, .nan, 4, 4, -4]
        let context = shelf.context(
            items: [0, 1, 2, 3, 4], opinions: [.init(retriever: "text", scores: scores)])
        let values = columns(RetrieverOpinion(retriever: "text"), context)
        #expect(close(values[0], [0.75, .nan, 1, 1, 0]))
        #expect(close(values[1], [0.5, .nan, 1, 1, -1]))
        // Equals share the best of their ranks: 4 and 4 are first, 2 is third.
        #expect(close(values[2], [Float(log(3.0)), .nan, 0, 0, Float(log(4.0))]))
        // Mean 1.5, squares 0.25 + 6.25 + 6.25 + 30.25.
        let deviation = Float(10.75).squareRoot()
        #expect(close(values[3], [0.5, .nan, 2.5, 2.5, -5.5].map { $0 / deviation }))
        #expect(allUnknown(columns(RetrieverOpinion(retriever: "other"), context)))
        let equal = shelf.context(items: [0, 1], opinions: [.init(retriever: "text", scores: [7, 7])])
        #expect(columns(RetrieverOpinion(retriever: "text"), equal) == [[1, 1], [1, 1], [0, 0], [0, 0]])
        // Where the best is not above 0 there is nothing to take shares of.
        let below = shelf.context(items: [0, 1], opinions: [.init(retriever: "text", scores: [-7, -1])])
        #expect(unknown(columns(RetrieverOpinion(retriever: "text"), below)[1]))
    }

    @Test func rankOracle() {
        for values: [Float] in [[], [1], [.nan], [3, 1, 2], [1, 1, 2, .nan, 2], [-1, .nan, -1, -3]] {
            #expect(ranks(of: values) == naiveRanks(of: values))
        }
    }

    /// Scores of any size and sign, many of them equal, some unknown.
    @Test(arguments: 0..<50) func ranksOfMany(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let usual: [Float] = [0, -0, .nan, 1, -1, .infinity, -.infinity, .leastNonzeroMagnitude, 1.000_000_1]
        let values = (0..<random.below(700)).map { _ in
            random.below(3) == 0
                ? usual[random.below(usual.count)] : Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
        }
        #expect(ranks(of: values) == naiveRanks(of: values))
        let order = values.indices.sorted { a, b in
            let (x, y) = (values[a], values[b])
            return x.isNaN || y.isNaN ? (!x.isNaN || (y.isNaN && a < b)) : x > y || (x == y && a < b)
        }
        #expect(descendingOrder(of: values) == order)
    }

    private func naiveRanks(of values: [Float]) -> [Int] {
        values.map { value in values.count { !$0.isNaN && (value.isNaN || $0 > value) } }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 300]) func rowsOfItems(count: Int) {
        var random = RandomSource(seed: UInt64(count))
        var items: [ItemIndex] = []
        while items.count < count {
            let item =
                random.below(2) == 0 ? ItemIndex(random.below(1_000)) : ItemIndex(truncatingIfNeeded: random.next())
            if !items.contains(item) { items.append(item) }
        }
        let rows = KeyRows(items)
        #expect(rows.count == count)
        for item in items + (0..<1_000) { #expect(rows.row(of: item) == items.firstIndex(of: item)) }
    }

    @Test func similarityToRecent() {
        let nan = Float.nan
        let likeness = Likeness(
            name: "embedding",
            values: [[1, 0.5, nan, 0.25], [0.5, 1, 0.125, nan], [nan, nan, nan, nan], [0, 0, 0, 0]])
        let feature = SimilarityToRecent(similarity: "embedding")
        // The last item liked was a, the one before b.
        let two = columns(feature, shelf.context(items: [2, 3], history: [0, 1], similarities: [likeness]))
        #expect(same(two[0], [nan, 0.25]))
        #expect(same(two[1], [0.125, 0.25]))
        #expect(same(two[2], [0.125, 0.25]))
        // Only the last five count: the sixth would have been the best.
        let six = columns(
            feature, shelf.context(items: [1], history: [3, 3, 3, 3, 3, 0], similarities: [likeness]))
        #expect(six == [[0], [0], [0]])
        let mixed = columns(feature, shelf.context(items: [1], history: [3, 0, 2], similarities: [likeness]))
        #expect(mixed == [[0], [0.25], [0.5]])
        #expect(allUnknown(columns(feature, shelf.context(items: [1], history: [0]))))
    }

    @Test func popularityTaste() {
        let popularity = Shares([1, 0.5, 0, .nan])
        let values = columns(
            PopularityTaste(), shelf.context(items: [0, 1, 2, 3], history: [0, 1], popularity: popularity))
        // taste = 0.75
        #expect(close(values[0], [0.25, 0.125, 0, .nan]))
        #expect(close(values[1], [0.25, 0.25, 0.75, .nan]))
    }

    @Test func positiveRate() {
        var good = ItemState()
        (good.events, good.positives) = (30, 30)
        var bad = ItemState()
        (bad.events, bad.positives) = (10, 0)
        let values = columns(
            PositiveRate(),
            shelf.context(items: [0, 1, 2], states: [good, bad, nil], totals: .init(events: 80, positives: 40)))
        // (30 + 5) / 40 and (0 + 5) / 20 against one half.
        #expect(close(values[0], [Float(log(7.0)), Float(log(1.0 / 3)), 0]))
        let empty = columns(PositiveRate(), shelf.context(items: [0], states: [nil]))
        #expect(empty.first == [0])
    }

    /// Ten clicks of a hundred impressions each: more at place 15, where a quarter is looked at, than at the top.
    @Test func lookRate() {
        let (shownAt, now) = (Int64(86_400_000), Timestamp(milliseconds: 3 * 86_400_000))
        func item(place: Int, taken: Int) -> ItemState {
            var state = ItemState()
            for n in 0..<100 { state.fold(Looks(place: place), time: shownAt, seq: Int64(n)) }
            for n in 0..<taken {
                let visit = ItemState.Visit(time: shownAt, eventHash: UInt64(n), user: UserKey(1))
                state.fold(visit, isPositive: true, isTaken: true, halfLife: .week, seq: 1_000)
            }
            return state
        }
        var totals = FeatureStore.Totals(events: 100, positives: 30)
        (totals.looks, totals.taken) = (200_000, 20)
        let states = [item(place: 1, taken: 10), item(place: 15, taken: 10), item(place: 1, taken: 0), nil]
        let rates = columns(LookRate(), shelf.context(items: [0, 1, 2, 3], states: states, totals: totals, now: now))[0]
        func expected(_ taken: Double, of looks: Double) -> Float {
            let rate = (taken + 1) / (looks + 10)
            return Float(log(rate / (1 - rate)) - log(0.1 / 0.9))
        }
        #expect(close(rates, [expected(10, of: 100), expected(10, of: 25), expected(0, of: 100), 0], tolerance: 1e-4))
        // What is not over yet, and what is too long ago, counts for nothing.
        for day in [1, 40] as [Int64] {
            let then = Timestamp(milliseconds: day * 86_400_000 + 1_000)
            #expect(
                columns(LookRate(), shelf.context(items: [1], states: [states[1]], totals: totals, now: then)) == [[0]])
        }
        #expect(allUnknown(columns(LookRate(), shelf.context(items: [0], states: [states[0]], now: now))))
    }

    @Test func itemAge() {
        let day: Int64 = 86_400_000
        var state = ItemState()
        for (time, isPositive) in [(2, true), (9, true), (0, false), (5, true)] {
            state.fold(time: Timestamp(milliseconds: Int64(time) * day), isPositive: isPositive, seq: 1)
        }
        var disliked = ItemState()
        disliked.fold(time: Timestamp(milliseconds: day), isPositive: false, seq: 1)
        let values = columns(
            ItemAge(),
            shelf.context(
                items: [0, 1, 2], states: [state, disliked, nil], now: Timestamp(milliseconds: 10 * day)))
        #expect(close(values[0], [Float(log(9.0)), .nan, .nan]))
        #expect(close(values[1], [Float(log(2.0)), .nan, .nan]))
        // 2, 5 and 9: by the end of day 5 half of them had come.
        #expect(close(values[2], [Float(log(5.0)), .nan, .nan], tolerance: 1e-3))
        #expect(close(values[3], [0.5, .nan, .nan], tolerance: 1e-3))
        // The moment of a replayed request may lie before an extreme of the state: what comes later is not known.
        #expect(allUnknown(columns(ItemAge(), shelf.context(items: [0], states: [state]))))
        let between = columns(
            ItemAge(), shelf.context(items: [0], states: [state], now: Timestamp(milliseconds: 6 * day)))
        #expect(close([between[0][0], between[1][0]], [Float(log(5.0)), Float(log(2.0))]))
    }

    /// An erased person's like is no like: nobody is left who liked it.
    @Test func itemAgeAfterErasure() {
        var state = ItemState()
        state.fold(time: Timestamp(milliseconds: 5), isPositive: true, seq: 1)
        state.fold(time: Timestamp(milliseconds: 5), isPositive: true, seq: 1, sign: -1)
        #expect(allUnknown(columns(ItemAge(), shelf.context(items: [0], states: [state]))))
    }

    @Test func keywordAffinity() {
        let feature = KeywordAffinity(attribute: "genres")
        // b (x) and c (y, z) were liked: the profile is x 1, y 1/√2, z 1/√2, its length √2.
        let values = columns(feature, shelf.context(items: [0, 1, 2, 3, 4], history: [1, 2]))
        let root = Float(2).squareRoot()
        let expected: [Float] = [(1 + 1 / root) / 2, 1 / root, 1 / root, 0.5, .nan]
        #expect(close(values[0], expected) && close(values[1], expected))
        // Five times d, long ago b: only the whole history remembers x.
        let long = columns(feature, shelf.context(items: [1], history: [3, 3, 3, 3, 3, 1]))
        #expect(close(long[0], [1 / Float(26).squareRoot()]) && long[1] == [0])
        // Without a keyword in the history there is no profile.
        #expect(allUnknown(columns(feature, shelf.context(items: [1], history: [4]))))
        #expect(allUnknown(columns(KeywordAffinity(attribute: "none"), shelf.context(items: [1], history: [1]))))
    }

    @Test func numberTaste() {
        let values = columns(NumberTaste(attribute: "year"), shelf.context(items: [0, 1, 2, 3], history: [0, 2, 4]))
        #expect(same(values[0], [1990, 2000, 2010, .nan]))
        #expect(same(values[1], [10, 0, 10, .nan]) && same(values[2], [10, 0, 10, .nan]))
        #expect(same(values[3], [-10, 0, 10, .nan]) && same(values[4], [-10, 0, 10, .nan]))
        #expect(same(values[5], [-1, 0, 1, .nan]))
        let recent = columns(
            NumberTaste(attribute: "year"), shelf.context(items: [1], history: [2, 2, 2, 2, 2, 0]))
        #expect(close(recent[1], [Float(2010 - 20.0 / 6 - 2000)], tolerance: 1e-3) && recent[2] == [10])
        // Not the number of an item: not a distance either.
        let odd = columns(NumberTaste(attribute: "year"), shelf.context(items: [1, 5, 6], history: [5, 6, 0]))
        #expect(same(odd[0], [2000, .nan, .nan]) && same(odd[1], [10, .nan, .nan]))
    }

    @Test func titleMatch() {
        // Trigrams of " dragon ": 6; of " red ": 3.
        let values = columns(TitleMatch(), shelf.context(items: [0, 1, 2, 3, 5], text: "Dragon"))
        #expect(close(values[0], [1, 1, 0, .nan, .nan]))
        #expect(close(values[1], [6.0 / 9, 1, 0, .nan, .nan]))
        // " drgaon ": _dr drg rga gao aon on_ shares _dr, on_ ... with " dragon ".
        let slip = columns(TitleMatch(), shelf.context(items: [1], text: "drgaon"))
        #expect(close(slip[0], [2.0 / 6]))
        // Case and accents are folded; a digit is a word; one letter is a word.
        #expect(columns(TitleMatch(), shelf.context(items: [2], text: "ÉLAN 7")) == [[1], [1]])
        #expect(columns(TitleMatch(), shelf.context(items: [2], text: "elan")).first == [1])
        #expect(columns(TitleMatch(), shelf.context(items: [6], text: "H")) == [[1], [1]])
        for text in [nil, "", "  ", "?"] {
            #expect(allUnknown(columns(TitleMatch(), shelf.context(items: [0], text: text))))
        }
    }
}
