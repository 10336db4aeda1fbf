import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

@Suite struct LiveTextIndexTests {
    private func id(_ number: Int) -> ItemID { ItemID(String(10_000 + number)) }

    /// Index and side together against one index over all texts: the same items with the same scores, to the bit.
    @Test(arguments: 0..<6) func agreesWithOneIndex(seed: UInt64) throws {
        let (old, new) = (300, 60)
        let texts = TextWorld.texts(seed: seed, items: old + new, vocabulary: 200)
        var random = RandomSource(seed: seed, 2)
        try TextWorld.withFile { first in
            try TextWorld.withFile { second in
                try TextIndex.build(Array(texts.prefix(old)), to: first)
                let index = try TextIndex(opening: first)
                let id = self.id
                let live = LiveTextIndex(
                    over: index, rowOf: { key in (0..<old).first { id($0) == key }.map { ItemIndex($0) } },
                    idOf: { id(Int($0)) })
                // New items, and old ones with another text: those lie at the end of the one index, under their old id.
                var all = texts
                var ids = (0..<old + new).map(id)
                var gone: Set<Int> = []
                for number in old..<old + new {
                    // Twice, the first time with another text: only the second may leave a trace.
                    if number % 3 == 0 { live.upsert(id(number), texts[random.below(old)]) }
                    live.upsert(id(number), texts[number])
                }
                for _ in 0..<20 {
                    let row = random.below(old)
                    if gone.contains(row) { continue }
                    let text = texts[random.below(old + new)]
                    live.upsert(id(row), text)
                    gone.insert(row)
                    all.append(text)
                    ids.append(id(row))
                }
                for _ in 0..<15 {
                    let row = random.below(old)
                    if gone.insert(row).inserted { live.remove(id(row)) }
                }
                try TextIndex.build(all, averageLength: index.averageLength, to: second)
                let whole = try TextIndex(opening: second)
                let excluded = ItemSet(itemCount: all.count) { gone.contains($0) }
                for round in 0..<30 {
                    var text = TextWorld.query(&random, 200)
                    if round % 3 == 1 { text.removeLast() }
                    let query = TextQueryBuilder(index: whole).query(text)
                    var search = TextSearch(query, in: whole, limit: all.count)
                    let rows = search.run(excluded: excluded, deadline: .none) ?? []
                    var expected = rows.map { (id: ids[Int($0.item)], score: query.score($0.points)) }
                    expected.sort { a, b in a.score == b.score ? a.id < b.id : a.score > b.score }
                    let found = live.search(text, limit: all.count, excluding: ItemSet(itemCount: old))
                    #expect(found.map(\.id) == expected.map(\.id), "\(text)")
                    #expect(found.map(\.score.bitPattern) == expected.map(\.score.bitPattern), "\(text)")
                    let withRow = found.compactMap(\.row)
                    let scores = live.scores(of: withRow, text)
                    #expect(scores.map(\.bitPattern) == found.filter { $0.row != nil }.map(\.score.bitPattern))
                    let few = live.search(text, limit: 7, excluding: ItemSet(itemCount: old))
                    #expect(few == Array(found.prefix(7)))
                }
            }
        }
    }

    @Test func nothingIsLeftOfWhatIsRemoved() throws {
        try TextWorld.withFile { url in
            try TextIndex.build([ItemText(fields: [.init(name: "t", boost: 1, text: "old words")])], to: url)
            let index = try TextIndex(opening: url)
            let live = LiveTextIndex(
                over: index, rowOf: { $0 == "old" ? 0 : nil }, idOf: { _ in "old" })
            func found(_ text: String) -> [ItemID] {
                live.search(text, limit: 9, excluding: ItemSet(itemCount: 1)).map(\.id)
            }
            #expect(found("words") == ["old"])
            live.upsert("new", ItemText(fields: [.init(name: "t", boost: 1, text: "new words zyzzyva")]))
            #expect(found("zyzzyva") == ["new"] && found("zyzyva") == ["new"] && found("zyzz") == ["new"])
            #expect(Set(found("words")) == ["new", "old"])
            live.upsert("old", ItemText(fields: [.init(name: "t", boost: 1, text: "changed")]))
            #expect(found("words") == ["new"] && found("changed") == ["old"])
            live.remove("new")
            live.remove("old")
            live.remove("never")
            #expect(found("words").isEmpty && found("zyzzyva").isEmpty && live.count == 0)
            live.upsert("old", ItemText(fields: [.init(name: "t", boost: 1, text: "back")]))
            #expect(found("back") == ["old"])
        }
    }

    @Test func searchesWhileItChanges() async throws {
        try await TextWorld.withFileAsync { url in
            try TextIndex.build(TextWorld.texts(seed: 1, items: 50, vocabulary: 20), to: url)
            let index = try TextIndex(opening: url)
            let live = LiveTextIndex(over: index, rowOf: { _ in nil }, idOf: { ItemID("\($0)") })
            let texts = TextWorld.texts(seed: 2, items: 60, vocabulary: 20)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for (number, text) in texts.enumerated() {
                        live.upsert(ItemID("new-\(number)"), text)
                        if number % 4 == 0 { live.remove(ItemID("new-\(number / 2)")) }
                    }
                }
                for worker in 0..<2 {
                    group.addTask {
                        var random = RandomSource(seed: 7, UInt64(worker))
                        for _ in 0..<60 {
                            let found = live.search(
                                TextWorld.query(&random, 20), limit: 20, excluding: ItemSet(itemCount: 50))
                            #expect(Set(found.map(\.id)).count == found.count)
                        }
                    }
                }
            }
        }
    }
}

extension TextWorld {
    static func withFileAsync<T>(_ body: (URL) async throws -> T) async throws -> T {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("text-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(url)
    }
}
