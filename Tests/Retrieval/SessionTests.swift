import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct SessionTests {
    let folder: TemporaryFolder
    var url: URL { folder.file("sessions") }
    init() throws { folder = try TemporaryFolder() }

    /// The same by its definition, over sessions that are newest first.
    static func scores(_ sessions: [Set<ItemIndex>], _ present: [ItemIndex], _ options: SessionOptions) -> [ItemIndex:
        Double]
    {
        let length = Double(present.count)
        let related = sessions.enumerated().filter { !$0.element.isDisjoint(with: present) }.prefix(options.sample)
        let similar = related.map { number, items in
            (
                number: number, items: items,
                similarity: present.enumerated().reduce(0.0) {
                    $0 + (items.contains($1.element) ? (length - Double($1.offset)) / length : 0)
                }
            )
        }
        // Equal but for rounding: the newer first.
        let best = similar.sorted { a, b in
            abs(a.similarity - b.similarity) > 1e-9 ? a.similarity > b.similarity : a.number < b.number
        }.prefix(options.neighbours)
        var scores: [ItemIndex: Double] = [:]
        for other in best {
            for item in other.items { scores[item, default: 0] += other.similarity }
        }
        return scores
    }

    /// The sessions of a table, newest first, by the rule of gaps.
    static func sessions(_ interactions: Interactions, gapMinutes: Int) -> [Set<ItemIndex>] {
        var found: [(end: Int64, items: Set<ItemIndex>)] = []
        for rows in interactions.byUser() {
            var items: Set<ItemIndex> = []
            var end: Int64?
            for row in rows where interactions.isPositive[row] {
                let time = interactions.time[row]
                if let last = end, time - last > Int64(gapMinutes) * 60_000 {
                    found.append((last, items))
                    items = []
                }
                items.insert(interactions.item[row])
                end = time
            }
            if let end { found.append((end, items)) }
        }
        let order = found.indices.sorted { (found[$1].end, $0) < (found[$0].end, $1) }
        return order.map { found[$0].items }.filter { $0.count > 1 }
    }

    @Test(arguments: UInt64(0)..<12) func agreesWithItsDefinition(seed: UInt64) throws {
        let interactions = World.random(seed: seed, users: 40, itemCount: 30)
        var options = SessionOptions()
        options.gapMinutes = [30, 5, 1_000][Int(seed % 3)]
        options.sample = [1_000, 6][Int(seed / 3 % 2)]
        options.neighbours = [200, 3][Int(seed / 6 % 2)]
        _ = try SessionIndex.build(from: interactions, options: options, to: url)
        let retriever = try SessionRetriever(opening: url, itemCount: 30)
        let sessions = Self.sessions(interactions, gapMinutes: options.gapMinutes)
        #expect(retriever.index.sessionCount == sessions.count)
        for n in UInt64(0)..<20 {
            var random = RandomSource(seed: seed, 3, n)
            var items = (0..<30).map { ItemIndex($0) }
            random.shuffle(&items)
            let present = Array(items.prefix(1 + random.below(5)))
            let expected = Self.scores(sessions, present, options)
            let scores = retriever.scores(of: (0..<30).map { $0 }, for: World.query(present, itemCount: 30))
            for (item, score) in zip(ItemIndex(0)..<30, scores) where !score.isNaN {
                #expect(abs(Double(score) - (expected[item] ?? 0)) < 1e-5, "item \(item)")
            }
        }
    }

    /// A long pause ends the present session.
    @Test func thePresentSessionEndsAtAPause() throws {
        let interactions = World.interactions([[0, 1], [2, 3]], itemCount: 4)
        _ = try SessionIndex.build(from: interactions, options: SessionOptions(), to: url)
        let retriever = try SessionRetriever(opening: url)
        var query = World.query([0, 2], itemCount: 4)
        func found() -> Set<ItemIndex> {
            Set(retriever.candidates(for: query, limit: 9, deadline: .none).map(\.item))
        }
        #expect(found() == [0, 1, 2, 3])
        query.history[1].time = Timestamp(milliseconds: -31 * 60_000)
        #expect(found() == [0, 1])
        query.history[1].time = .distantPast
        #expect(found() == [0, 1])
    }

    @Test func ofManySessionsTheNewestStay() throws {
        var options = SessionOptions()
        options.sessions = 2
        var interactions = World.interactions([[0, 1], [2, 3], [4, 5]], itemCount: 6)
        // The first user came last.
        for row in interactions.time.indices where interactions.user[row] == 0 { interactions.time[row] += 9_000_000 }
        let report = try SessionIndex.build(from: interactions, options: options, to: url)
        #expect(report == .init(sessions: 2, items: 4))
        let index = try SessionIndex(opening: url)
        #expect(Array(index.items(of: 0)) == [0, 1] && Array(index.items(of: 1)) == [2, 3])
        #expect(index.sessions(of: 4).isEmpty && Array(index.sessions(of: 2)) == [1])
    }

    @Test func structureOutOfRange() throws {
        func write(_ change: (inout [Int64], inout [UInt32], inout [Int64], inout [UInt32], inout String) -> Void)
            throws
        {
            var (offsets, items): ([Int64], [UInt32]) = ([0, 2, 4], [0, 1, 1, 2])
            var (itemOffsets, sessions): ([Int64], [UInt32]) = ([0, 1, 3, 4], [0, 0, 1, 1])
            var options = try canonicalJSON(SessionOptions())
            change(&offsets, &items, &itemOffsets, &sessions, &options)
            var writer = TensorFileWriter(kind: "sessions", layout: 1, metadata: ["options": options])
            writer.add("sessions.offsets", offsets)
            writer.add("sessions.items", items)
            writer.add("items.offsets", itemOffsets)
            writer.add("items.sessions", sessions)
            try writer.write(to: url)
        }
        try write { _, _, _, _, _ in }
        _ = try SessionIndex(opening: url, itemCount: 3)
        #expect(throws: ArtifactError.self) { try SessionIndex(opening: url, itemCount: 4) }
        for damage in 0..<8 {
            try write { offsets, items, itemOffsets, sessions, options in
                switch damage {
                case 0: offsets[1] = 5
                case 1: items[3] = 3
                case 2: itemOffsets[2] = 0
                case 3: sessions[0] = 2
                case 4: offsets = []
                case 5: itemOffsets = []
                case 6: options = options.replacingOccurrences(of: #""sample":1000"#, with: #""sample":-1"#)
                default:
                    options = options.replacingOccurrences(
                        of: #""gapMinutes":30"#, with: #""gapMinutes":9000000000000000000"#)
                }
            }
            #expect(throws: ArtifactError.self, "damage \(damage)") { try SessionIndex(opening: url) }
        }
    }
}
