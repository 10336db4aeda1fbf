import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieOnline

@Suite struct ReorderTests {
    private static let world = PlantedWorld()

    // MARK: Diversity

    /// The formula, looked up anew for every place.
    private func naive(_ scores: [Float], _ diversity: Double, _ similar: [[Float]]) -> [Int] {
        let best = Double(scores.max() ?? 0)
        let worst = Double(scores.min() ?? 0)
        var order: [Int] = []
        while order.count < scores.count {
            func value(_ c: Int) -> Double {
                let relevance = best > worst ? (Double(scores[c]) - worst) / (best - worst) : 1
                let likest = order.map { similar[$0][c].isNaN ? 0 : max(0, Double(similar[$0][c])) }.max() ?? 0
                return (1 - diversity) * relevance - diversity * likest
            }
            let left = scores.indices.filter { !order.contains($0) }
            let top = left.map(value).max() ?? 0
            order += left.filter { value($0) == top }.prefix(1)
        }
        return order
    }

    @Test(arguments: 0..<60) func asTheFormulaSays(seed: Int) {
        var random = RandomSource(seed: UInt64(seed))
        let count = random.below(30)
        // Few different values, so that there are ties.
        let scores = (0..<count).map { _ in Float(random.below(6)) }.sorted(by: >)
        let similar = (0..<count).map { _ in
            (0..<count).map { _ in random.below(5) == 0 ? Float.nan : Float(random.below(9) - 2) / 6 }
        }
        for diversity in [0, 0.1, 0.3, 0.5, 0.9, 1] {
            let order = MaximalMarginalRelevance.order(scores: scores, diversity: diversity) { similar[$0] }
            #expect(order == naive(scores, diversity, similar), "\(diversity)")
            #expect(order.sorted() == Array(0..<count))
            if diversity == 0 { #expect(order == Array(0..<count)) }
        }
    }

    @Test func diversityByHand() {
        // Two alike and a worse one that is unlike: the second of the two goes behind it.
        let alike: [[Float]] = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
        func order(_ diversity: Double) -> [Int] {
            MaximalMarginalRelevance.order(scores: [3, 2, 1], diversity: diversity) { alike[$0] }
        }
        // 0.7 * 0.5 - 0.3 = 0.05 against 0; then 0.6 * 0.5 - 0.4 = -0.1 against 0.
        #expect(order(0.3) == [0, 1, 2] && order(0.4) == [0, 2, 1])
        #expect(MaximalMarginalRelevance.relevance([.infinity, 3, 1, .nan, -.infinity]) == [0, 1, 0, 0, 0])
        #expect(MaximalMarginalRelevance.relevance([2, 2]) == [1, 1])
    }

    // MARK: Caps

    @Test(arguments: 0..<200) func capsHoldAndNothingIsLost(seed: Int) {
        var random = RandomSource(seed: UInt64(seed))
        let words = ["a", "b", "c", "d"]
        let elements = (0..<random.below(25)).map { _ in
            (0..<2).map { _ in words.filter { _ in random.below(3) == 0 } }
        }
        let rules = (0..<(1 + random.below(2))).map { _ in
            Capping.Rule(most: 1 + random.below(4), among: 1 + random.below(12))
        }
        let numbers = Array(elements.indices)
        let (kept, putOff) = Capping(rules: rules).order(numbers) { elements[$0][$1] }
        #expect(Set(kept).count == kept.count && Set(kept).isSubset(of: numbers))
        for (number, rule) in rules.enumerated() {
            for word in words {
                #expect(kept.prefix(rule.among).count { elements[$0][number].contains(word) } <= rule.most)
            }
        }
        if putOff == 0 { #expect(kept == numbers) }
        let lost = numbers.filter { !kept.contains($0) }
        let isHeld = zip(kept, numbers).allSatisfy { $0 == $1 }
        #expect(isHeld == (putOff == 0) || !lost.isEmpty)
        // What is lost fits nowhere: the list ends where the next place would break a rule.
        for element in lost {
            #expect(
                rules.indices.contains { rule in
                    kept.count < rules[rule].among
                        && elements[element][rule].contains { word in
                            kept.count { elements[$0][rule].contains(word) } >= rules[rule].most
                        }
                })
        }
        // Of two that count alike the order stays.
        for (place, element) in kept.enumerated() {
            for other in kept[..<place] where other > element { #expect(elements[other] != elements[element]) }
        }
    }

    @Test func capsByHand() {
        func order(_ list: String, _ rules: (Int, Int)...) -> String {
            let capping = Capping(rules: rules.map { .init(most: $0.0, among: $0.1) })
            let (kept, _) = capping.order(Array(list)) { element, _ in
                element == "-" ? [] : [String(element).lowercased()]
            }
            return String(kept)
        }
        #expect(order("aAab-c", (2, 4)) == "aAb-ac")
        #expect(order("aAab", (1, 2)) == "abAa")
        // Nothing else is there: a short list.
        #expect(order("aAa", (1, 2)) == "a" && order("aAa", (1, 1)) == "aAa" && order("", (1, 5)) == "")
        #expect(order("aAa") == "aAa")
    }

    @Test func notation() throws {
        #expect(CategoryCap("genres=3") == CategoryCap(attribute: "genres", most: 3))
        #expect(CategoryCap("a=b=3@20") == CategoryCap(attribute: "a=b", most: 3, among: 20))
        for text in [
            "", "=", "genres", "genres=", "=3", "genres=0", "genres=-1", "genres=+3", "g=3@", "g=3@0", "g=3@4@5",
            "g=99999999999999999999",
        ] {
            #expect(CategoryCap(text) == nil, "\(text)")
        }
        for text in ["genres=3", "genres=3@20"] { #expect(CategoryCap(text)?.notation == text) }
    }

    // MARK: In an answer

    private func request(_ count: Int = 12, explain: Bool = true) -> Request {
        let world = Self.world
        return Request(
            id: BundledWorld.id, scenario: "home", user: world.users[0].key, count: count, explain: explain)
    }

    @Test func answersAreReordered() throws {
        let bundled = try BundledWorld.shared.get()
        let recommender = try bundled.recommender()
        let now = bundled.world.now
        let plain = try recommender.answer(request(), now: now)
        var asked = request()
        asked.diversity = 0
        asked.caps = []
        #expect(try recommender.answer(asked, now: now).ids == plain.ids)
        #expect(plain.funnel?.moved == 0 && plain.funnel?.capped == 0)

        asked.caps = [CategoryCap(attribute: "genres", most: 2)]
        let capped = try recommender.answer(asked, now: now)
        for genre in 0..<3 { #expect(capped.ids.count { bundled.world.genre(of: $0) == genre } <= 2) }
        #expect(capped.funnel?.capped ?? 0 > 0 && capped.ids.first == plain.ids.first)
        // Among the first four only: the others come after.
        asked.caps = [CategoryCap(attribute: "genres", most: 2, among: 4)]
        let four = try recommender.answer(asked, now: now)
        #expect(four.ids.prefix(4).count { bundled.world.genre(of: $0) == 0 } <= 2 && four.ids.count == 12)

        asked.caps = nil
        asked.diversity = 0.6
        let diverse = try recommender.answer(asked, now: now)
        #expect(diverse.ids != plain.ids && diverse.ids.first == plain.ids.first && diverse.funnel?.moved ?? 0 > 0)
        func genres(_ answer: Answer) -> Int { Set(answer.ids.compactMap { bundled.world.genre(of: $0) }).count }
        #expect(genres(diverse) >= genres(plain))
        // A shorter answer is the beginning of a longer one.
        asked.count = 5
        #expect(try recommender.answer(asked, now: now).ids == Array(diverse.ids.prefix(5)))
    }

    @Test func asTheScenarioSays() throws {
        let bundled = try BundledWorld.shared.get()
        var home = Scenario.home
        (home.diversity, home.caps) = (0.6, [CategoryCap(attribute: "genres", most: 2)])
        let recommender = try bundled.recommender(scenarios: [home])
        let now = bundled.world.now
        let answer = try recommender.answer(request(), now: now)
        var same = request()
        (same.diversity, same.caps) = (0.6, [CategoryCap(attribute: "genres", most: 2)])
        #expect(try bundled.recommender().answer(same, now: now).ids == answer.ids)
        // A retriever is measured as it is.
        var alone = request()
        alone.onlyRetriever = "ease"
        let single = try recommender.answer(alone, now: now)
        #expect(try bundled.recommender().answer(alone, now: now).ids == single.ids)
    }

    @Test func whatCannotBeReordered() throws {
        let recommender = try BundledWorld.shared.get().recommender()
        for diversity in [-0.1, 1.1, .nan, .infinity] {
            var asked = request()
            asked.diversity = diversity
            #expect(throws: RequestError.self, "\(diversity)") {
                try recommender.answer(asked, now: Self.world.now)
            }
        }
        var asked = request()
        asked.caps = [CategoryCap(attribute: "year", most: 1)]
        #expect(throws: RequestError.attribute(use: "cap", got: "year", expected: ["genres", "groupId"])) {
            try recommender.answer(asked, now: Self.world.now)
        }
    }
}
