import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// A search that finds by the index and scores by the rows.
@Suite struct ApproximateIndexTests {
    @Test(arguments: UInt64(0)..<3) func findsWhatExactSearchFinds(seed: UInt64) throws {
        let world = try VectorWorld(seed: seed, count: 1_500, dimension: 16)
        let exact = ExactIndex(rows: world.rows, present: world.present)
        let index = try ApproximateIndex(
            world.index(), rows: world.rows, present: world.present, recall: 0.97, sample: RecallSample(every: 0))
        #expect(index.count == 1_500 && index.dimension == 16 && index.vectors == world.present.count)
        for (share, k) in [(Float(0), 10), (0, 200), (0.01, 50), (0.5, 100), (0.95, 20), (0.999, 10), (1, 5)] {
            var found = 0
            var wanted = 0
            for (n, query) in world.queries.enumerated() {
                let excluded = world.some(share, of: 1_500, seed: seed + UInt64(n))
                let truth = exact.search(query, k: k, excluding: excluded, deadline: .none)
                let list = index.search(query, k: k, excluding: excluded, deadline: .none)
                #expect(list.count == truth.count && list == list.sorted())
                #expect(list.allSatisfy { world.present.contains($0.item) && !excluded.contains($0.item) })
                let scores = index.scores(of: list.map(\.item), query)
                #expect(scores.map(\.bitPattern) == list.map(\.score.bitPattern))
                #expect(scores.map(\.bitPattern) == exact.scores(of: list.map(\.item), query).map(\.bitPattern))
                found += Set(list.map(\.item)).intersection(truth.map(\.item)).count
                wanted += truth.count
            }
            #expect(Double(found) >= 0.93 * Double(wanted), "\(found) of \(wanted) without a share of \(share)")
        }
    }

    /// Workspaces are used again, by searches of all sizes: an answer does not depend on what was asked before.
    @Test func anAnswerHasNoPast() throws {
        let world = try VectorWorld(seed: 4, count: 900, dimension: 24)
        let opened = try world.index()
        let used = try ApproximateIndex(opened, rows: world.rows, present: world.present)
        let none = ItemSet(itemCount: 900)
        for k in [1, 300, 3, 900, 10] {
            for query in world.queries.prefix(10) {
                let fresh = try ApproximateIndex(
                    PartitionedIndex(opening: world.folder.file("index"), itemCount: 900), rows: world.rows,
                    present: world.present)
                #expect(
                    used.search(query, k: k, excluding: none, deadline: .none)
                        == fresh.search(query, k: k, excluding: none, deadline: .none))
            }
        }
    }

    @Test func edges() throws {
        let world = try VectorWorld(seed: 1, count: 300, dimension: 8)
        let exact = ExactIndex(rows: world.rows, present: world.present)
        let index = try ApproximateIndex(world.index(), rows: world.rows, present: world.present)
        let none = ItemSet(itemCount: 300)
        for k in [0, -1, .min] {
            #expect(index.search(world.queries[0], k: k, excluding: none, deadline: .none).isEmpty)
        }
        // As many as there are, whatever they score.
        for query in [world.queries[0], [Float](repeating: 0, count: 8)] {
            #expect(
                index.search(query, k: .max, excluding: none, deadline: .none)
                    == exact.search(query, k: .max, excluding: none, deadline: .none))
        }
        #expect(index.search(world.queries[0], k: 5, excluding: none, deadline: .after(.zero)).isEmpty)
        #expect(index.scores(of: [6, 300, .max], world.queries[0]).allSatisfy { $0.isNaN })
        #expect(index.search(world.queries[0], k: 5, excluding: none.complement, deadline: .none).isEmpty)
    }

    @Test func filesOfTwoBundlesAreRefused() throws {
        let world = try VectorWorld(seed: 1, count: 300, dimension: 8)
        let other = try VectorWorld(seed: 1, count: 300, dimension: 9)
        let fewer = try VectorWorld(seed: 1, count: 299, dimension: 8)
        for index in [
            try other.index(), try fewer.index(), try world.index(present: ItemSet(itemCount: 300).complement),
            try world.index(metric: .euclidean), try world.index(metric: .cosine),
        ] {
            #expect(throws: ArtifactError.self) {
                try ApproximateIndex(index, rows: world.rows, present: world.present)
            }
        }
        #expect(throws: ArtifactError.self) {
            try PartitionedIndex(opening: world.folder.file("index"), itemCount: 299)
        }
    }

    // MARK: Live recall

    @Test func oneSearchInSoManyIsCounted() throws {
        let world = try VectorWorld(seed: 2, count: 1_000, dimension: 16)
        let sample = RecallSample(every: 4)
        let index = try ApproximateIndex(world.index(), rows: world.rows, present: world.present, sample: sample)
        let excluded = world.some(0.2, of: 1_000, seed: 3)
        for (n, query) in world.queries.enumerated() {
            _ = index.search(query, k: 30, excluding: excluded, deadline: .none)
            sample.settle()
            #expect(sample.counts.searches == (n + 1) / 4)
        }
        #expect(sample.counts.wanted == 300 && (280...300).contains(sample.counts.found), "\(sample.counts)")
    }

    /// A search never waits for the one that is being made again, and never queues behind it.
    @Test func whileOneIsMeasuredOthersAreDropped() {
        let sample = RecallSample(every: 1)
        let gate = DispatchSemaphore(value: 0)
        for _ in 0..<10 {
            #expect(sample.isDue())
            sample.measure {
                gate.wait()
                return (10, 9)
            }
        }
        gate.signal()
        sample.settle()
        var counts = RecallSample.Counts()
        (counts.searches, counts.wanted, counts.found) = (1, 10, 9)
        #expect(sample.counts == counts)
        #expect(!RecallSample(every: 0).isDue())
    }
}
