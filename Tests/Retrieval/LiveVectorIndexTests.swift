import Foundation
import MagpieDomain
import MagpieKernels
import Synchronization
import Testing

@testable import MagpieRetrieval

/// An index and its changes against a table of all vectors as they should be.
@Suite struct LiveVectorIndexTests {
    static let d = 12
    static let mainCount = 700
    /// Items past the main index, too.
    static let itemCount = 900

    /// What a live index should hold, and the search that looks at all of it.
    struct Oracle {
        var rows: [ItemIndex: [Float]]

        func search(_ query: [Float], k: Int, excluding: ItemSet) -> [Scored] {
            let all = rows.filter { !excluding.contains($0.key) }
                .map { Scored(item: $0.key, score: VectorKernels.dot(query, $0.value)) }
            return Array(all.sorted().prefix(max(k, 0)))
        }

        func scores(of items: [ItemIndex], _ query: [Float]) -> [Float] {
            items.map { item in rows[item].map { VectorKernels.dot(query, $0) } ?? .nan }
        }
    }

    static func vector(_ random: inout RandomSource) -> [Float] { (0..<d).map { _ in random.uniform() * 2 - 1 } }

    private func world(_ seed: UInt64) throws -> (live: LiveVectorIndex, oracle: Oracle, world: VectorWorld) {
        let world = try VectorWorld(seed: seed, count: Self.mainCount, dimension: Self.d)
        var oracle = Oracle(rows: [:])
        for item in world.present.items {
            oracle.rows[item] = Array(world.rows[Int(item) * Self.d..<(Int(item) + 1) * Self.d])
        }
        return (LiveVectorIndex(over: ExactIndex(rows: world.rows, present: world.present)), oracle, world)
    }

    private func expectSame(_ live: LiveVectorIndex, _ oracle: Oracle, _ random: inout RandomSource) {
        let query = Self.vector(&random)
        // Sets of the main index's size, of all items', and of any other.
        let size = [Self.mainCount, Self.itemCount, random.below(Self.itemCount) + 1][random.below(3)]
        let share = [Float(0), 0.1, 0.9][random.below(3)]
        var source = RandomSource(seed: random.next())
        let excluded = ItemSet(itemCount: size) { _ in source.uniform() < share }
        let k = [0, 1, 10, 300, 2_000][random.below(5)]
        let found = live.search(query, k: k, excluding: excluded, deadline: .none)
        #expect(found == oracle.search(query, k: k, excluding: excluded))
        let items = (0..<30).map { _ in ItemIndex(random.below(Self.itemCount + 5)) }
        #expect(
            live.scores(of: items, query).map(\.bitPattern) == oracle.scores(of: items, query).map(\.bitPattern))
        #expect(live.scores(of: found.map(\.item), query) == found.map(\.score))
    }

    @Test(arguments: UInt64(0)..<12) func equalsATableOfAllRows(seed: UInt64) throws {
        var (live, oracle, _) = try world(seed)
        var random = RandomSource(seed: seed, 0x11)
        expectSame(live, oracle, &random)
        for _ in 0..<120 {
            // Few items in half of the rounds, so that the same ones change again.
            let below = random.below(2) == 0 ? 40 : Self.itemCount
            for _ in 0..<random.below(30) {
                let item = ItemIndex(Self.itemCount - 1 - random.below(below))
                if random.below(3) > 0 {
                    let vector = Self.vector(&random)
                    try live.upsert(item, vector)
                    oracle.rows[item] = vector
                } else {
                    live.remove(item)
                    oracle.rows[item] = nil
                }
            }
            expectSame(live, oracle, &random)
        }
        #expect(live.count <= Self.itemCount && live.dimension == Self.d)
    }

    @Test(arguments: UInt64(0)..<6) func whatIsFoldedMakesTheSameIndex(seed: UInt64) throws {
        let (live, before, world) = try world(seed)
        var oracle = before
        var folded = before
        var random = RandomSource(seed: seed, 0x22)
        var version = 0
        let next = LiveVectorIndex(over: ExactIndex(rows: world.rows, present: world.present))
        for _ in 0..<10 {
            for _ in 0..<60 {
                let item = ItemIndex(random.below(Self.itemCount))
                if random.below(2) == 0 {
                    let vector = Self.vector(&random)
                    try live.upsert(item, vector)
                    oracle.rows[item] = vector
                } else {
                    live.remove(item)
                    oracle.rows[item] = nil
                }
            }
            let changes = live.fold(since: version)
            #expect(changes.upserted.map(\.item) == changes.upserted.map(\.item).sorted())
            #expect(changes.removed == changes.removed.sorted() && changes.version > version)
            version = changes.version
            for row in changes.upserted {
                folded.rows[row.item] = row.vector
                try next.upsert(row.item, row.vector)
            }
            for item in changes.removed {
                folded.rows[item] = nil
                next.remove(item)
            }
            #expect(folded.rows == oracle.rows)
            expectSame(next, oracle, &random)
        }
        #expect(live.fold(since: version) == .init(version: version))
        // All at once is the same as bit by bit.
        var whole = before
        for row in live.fold().upserted { whole.rows[row.item] = row.vector }
        for item in live.fold().removed { whole.rows[item] = nil }
        #expect(whole.rows == oracle.rows)
    }

    /// Readers and writers at once: every list is right for some moment, whoever is between two others in time.
    @Test(arguments: UInt64(0)..<4) func concurrentUpserts(seed: UInt64) throws {
        let (live, before, _) = try world(seed)
        let writers = 3
        let rounds = 150
        // Each writer has items of its own; version v of item i has a vector that tells both.
        @Sendable func vector(_ item: Int, _ version: Int) -> [Float] {
            var random = RandomSource(seed: seed, UInt64(item), UInt64(version))
            return Self.vector(&random)
        }
        @Sendable func isRemoved(_ item: Int, _ version: Int) -> Bool { version % 4 == 3 && item % 2 == 0 }
        let owned = (0..<writers).map { w in (0..<Self.itemCount).filter { $0 % 10 == w } }
        let done = Atomic<Int>(0)
        let problems = Mutex<[String]>([])
        Parallel.forEach(writers + 3, threads: writers + 3) { worker in
            if worker < writers {
                for version in 0..<rounds {
                    let item = owned[worker][version % 20]
                    if isRemoved(item, version) {
                        live.remove(ItemIndex(item))
                    } else {
                        do { try live.upsert(ItemIndex(item), vector(item, version)) } catch {
                            problems.withLock { $0.append("\(error)") }
                        }
                    }
                }
                done.wrappingAdd(1, ordering: .relaxed)
                return
            }
            var random = RandomSource(seed: seed, 0x33, UInt64(worker))
            repeat {
                let query = Self.vector(&random)
                let found = live.search(
                    query, k: 2_000, excluding: ItemSet(itemCount: Self.mainCount), deadline: .none)
                var isSound = found == found.sorted() && Set(found.map(\.item)).count == found.count
                for candidate in found {
                    let item = Int(candidate.item)
                    var possible =
                        item % 10 >= writers
                        ? []
                        : (0..<rounds)
                            .filter { owned[item % 10][$0 % 20] == item && !isRemoved(item, $0) }
                            .map { VectorKernels.dot(query, vector(item, $0)) }
                    if let row = before.rows[candidate.item] { possible.append(VectorKernels.dot(query, row)) }
                    isSound = isSound && possible.contains(candidate.score)
                }
                // What nobody touches is always there.
                let untouched = before.rows.keys.count { $0 % 10 >= writers }
                isSound = isSound && found.count { $0.item % 10 >= writers } == untouched
                if !isSound { problems.withLock { $0.append("a list of no moment") } }
            } while done.load(ordering: .relaxed) < writers
        }
        #expect(problems.withLock { $0 } == [])
        var oracle = before
        for worker in 0..<writers {
            for version in 0..<rounds {
                let item = owned[worker][version % 20]
                oracle.rows[ItemIndex(item)] = isRemoved(item, version) ? nil : vector(item, version)
            }
        }
        var random = RandomSource(seed: seed, 0x44)
        for _ in 0..<20 { expectSame(live, oracle, &random) }
    }

    @Test func overAPartitionedIndex() throws {
        let world = try VectorWorld(seed: 3, count: 1_000, dimension: Self.d)
        let index = try ApproximateIndex(world.index(), rows: world.rows, present: world.present)
        let none = ItemSet(itemCount: 1_000)
        for query in world.queries {
            let live = LiveVectorIndex(over: index)
            let best = index.search(query, k: 20, excluding: none, deadline: .none)
            live.remove(best[0].item)
            // Twice as near as anything: first of all, under a new number.
            try live.upsert(2_500, query.map { $0 * 10 })
            try live.upsert(best[1].item, query.map { $0 * 5 })
            let found = live.search(query, k: 20, excluding: none, deadline: .none)
            #expect(found.prefix(2).map(\.item) == [2_500, best[1].item])
            #expect(found.count == 20 && !found.contains { $0.item == best[0].item })
            #expect(found.count { $0.item == best[1].item } == 1)
        }
    }

    @Test func whatCannotBeAVector() throws {
        let (live, oracle, _) = try world(1)
        #expect(throws: VectorIndexError.dimension(name: "the vector of item 3", got: 2, expected: Self.d)) {
            try live.upsert(3, [1, 2])
        }
        for bad in [Float.nan, .infinity, -.infinity] {
            var vector = [Float](repeating: 1, count: Self.d)
            vector[4] = bad
            #expect(throws: VectorIndexError.notFinite(name: "new vectors", row: 3, coordinate: 4)) {
                try live.upsert(3, vector)
            }
        }
        var random = RandomSource(seed: 5)
        expectSame(live, oracle, &random)
        // Late, with something on the side to look at.
        try live.upsert(3, [Float](repeating: 1, count: Self.d))
        let query = [Float](repeating: 1, count: Self.d)
        let none = ItemSet(itemCount: Self.mainCount)
        #expect(live.search(query, k: 5, excluding: none, deadline: .after(.zero)).isEmpty)
    }
}
