import Foundation
import MagpieDomain
import MagpieSQLiteStore
import MagpieTestSupport
import Testing

@Suite struct CatalogueTests {
    func item(_ id: String, _ patch: AttributePatch, from: Int64, received: Int64? = nil) -> Revision<Item> {
        Revision(
            id: ItemID(id), validFrom: Timestamp(milliseconds: from),
            receivedAt: Timestamp(milliseconds: received ?? from), change: .patch(patch))
    }

    func deletion(_ id: String, at time: Int64) -> Revision<Item> {
        Revision(
            id: ItemID(id), validFrom: Timestamp(milliseconds: time), receivedAt: Timestamp(milliseconds: time),
            change: .delete)
    }

    @Test func patchesAddUpAsOfAMoment() throws {
        let home = try TemporaryStore()
        let appended = try home.store.append([
            item("b", ["price": .number(10), "genre": .keyword("x")], from: 10),
            item("a", [:], from: 15),
            item("b", ["price": .number(8)], from: 20, received: 30),
            item("b", ["genre": nil], from: 40),
            deletion("b", at: 50),
            item("b", ["price": .number(1)], from: 60),
        ])
        #expect(appended == 6)
        func state(_ time: Int64) throws -> [Entry<Item>] { try home.store.items(asOf: Timestamp(milliseconds: time)) }
        #expect(try state(9).isEmpty)
        #expect(try state(10) == [Entry(id: "b", attributes: ["price": .number(10), "genre": .keyword("x")])])
        #expect(try state(29).last?.attributes["price"] == .number(10), "valid, but not yet known")
        #expect(try state(30).map(\.id) == ["a", "b"])
        #expect(try state(30).last?.attributes["price"] == .number(8))
        #expect(try state(40).last?.attributes == ["price": .number(8)])
        #expect(try state(50).map(\.id) == ["a"])
        #expect(try state(60).last?.attributes == ["price": .number(1)], "revived with the new patch only")
        #expect(try home.store.lastItemSeq() == 6)
        var seen: [Int64] = []
        try home.store.itemRevisions(after: 4) { seen.append($0.seq) }
        #expect(seen == [5, 6])
    }

    @Test func whatChangesNothingIsNotAppended() throws {
        let home = try TemporaryStore()
        func append(_ revision: Revision<Item>) throws -> Bool { try home.store.append([revision]) == 1 }
        #expect(try append(item("a", ["price": .number(1)], from: 100)))
        #expect(try !append(item("a", ["price": .number(1)], from: 100)))
        #expect(try !append(item("a", ["price": .number(1), "gone": nil], from: 200)))
        #expect(try append(item("a", ["price": .number(1)], from: 50)), "known earlier than before")
        #expect(try append(deletion("a", at: 300)))
        #expect(try !append(deletion("a", at: 400)))
        #expect(try append(deletion("only in events", at: 400)))
        #expect(try append(item("a", [:], from: 500)), "an empty patch revives")
        // A change dated ahead, and today's change to what it says: the later append wins at both moments.
        #expect(try append(item("p", ["price": .number(1)], from: 0)))
        #expect(try append(item("p", ["price": .number(2)], from: 1000)))
        #expect(try append(item("p", ["price": .number(1)], from: 500)))
        #expect(try home.store.items(asOf: 1000).last?.attributes["price"] == .number(1))
    }

    @Test func aTypeIsFixedWhenFirstSeen() throws {
        let home = try TemporaryStore()
        _ = try home.store.append([item("a", ["year": .number(1999), "v": .vector([1, 2])], from: 1)])
        #expect(
            try home.store.itemSchema() == ["year": .number, "v": .vector(dimension: 2)])
        let error = #expect(throws: CatalogueError.self) {
            try home.store.append([
                item("b", ["fine": .bool(true)], from: 1), item("c", ["year": .keyword("1999")], from: 1),
            ])
        }
        #expect(error == .typeChange(attribute: "year", got: .keyword, expected: .number))
        #expect(try home.store.items(asOf: 9).map(\.id) == ["a"], "none of the batch")
        #expect(try home.store.itemSchema()["fine"] == nil)
        #expect(
            throws: CatalogueError.typeChange(
                attribute: "v", got: .vector(dimension: 3), expected: .vector(dimension: 2))
        ) {
            try home.store.append([item("d", ["v": .vector([1, 2, 3])], from: 1)])
        }
        #expect(throws: CatalogueError.typeChange(attribute: "title", got: .keyword, expected: .text(language: "en"))) {
            try home.store.append([item("d", ["title": .keyword("x")], from: 1)])
        }
        try home.store.bulkLoad { try $0.declare(items: ["plot": .text(language: "de")]) }
        #expect(try home.store.itemSchema()["plot"] == .text(language: "de"))
        #expect(throws: CatalogueError.self) {
            try home.store.bulkLoad { try $0.declare(items: ["plot": .text(language: "en")]) }
        }
        #expect(try home.store.userSchema().isEmpty, "users have a schema of their own")
    }

    /// Against the definition: apply in log order what was valid and known by then.
    @Test(arguments: [UInt64(1), 2, 3, 4, 5])
    func agreesWithTheDefinition(seed: UInt64) throws {
        let home = try TemporaryStore()
        var numbers = SeededNumbers(seed)
        var revisions: [Revision<Item>] = []
        for _ in 0..<200 {
            let id = "i\(Int.random(in: 0..<6, using: &numbers))"
            let moments = (Int64.random(in: 0..<20, using: &numbers), Int64.random(in: 0..<20, using: &numbers))
            if Int.random(in: 0..<8, using: &numbers) == 0 {
                revisions.append(deletion(id, at: moments.0))
            } else {
                var patch: AttributePatch = [:]
                for name in ["a", "b"] where Bool.random(using: &numbers) {
                    let value = Int.random(in: 0..<3, using: &numbers)
                    patch.updateValue(value == 0 ? nil : .number(Double(value)), forKey: name)
                }
                revisions.append(item(id, patch, from: moments.0, received: moments.1))
            }
        }
        let appended = try home.store.append(revisions)
        #expect(appended > 50 && appended < 200)
        for time in Int64(0)...20 {
            var states: [String: [String: AttributeValue]] = [:]
            for revision in revisions where max(revision.validFrom, revision.receivedAt).milliseconds <= time {
                switch revision.change {
                case .delete: states[revision.id.string] = nil
                case .patch(let patch):
                    for (name, value) in patch { states[revision.id.string, default: [:]][name] = value }
                    states[revision.id.string] = states[revision.id.string] ?? [:]
                }
            }
            let got = try home.store.items(asOf: Timestamp(milliseconds: time))
            #expect(got.map(\.id.string) == states.keys.sorted())
            #expect(got.allSatisfy { states[$0.id.string] == $0.attributes })
        }
    }
}
