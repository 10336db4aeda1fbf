import Foundation
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieArtifacts

@Suite struct ItemTableTests {
    static let schema: [String: AttributeType] = [
        "title": .text(language: "en"), "studio": .keyword, "genres": .keywords, "year": .number, "available": .bool,
        "createdAt": .time, "place": .geo, "cover": .vector(dimension: 3), "never": .number,
    ]

    static let films: [Entry<Item>] = [
        Entry(
            id: "m1",
            attributes: [
                "title": .text("Matrix, The (1999)"), "studio": .keyword("Warner"),
                "genres": .keywords(["Sci-Fi", "Action"]),
                "year": .number(1999), "available": .bool(true), "createdAt": .time(Timestamp(milliseconds: 1_000)),
                "place": .geo(latitude: -33.9, longitude: 151.2), "cover": .vector([0.5, -1, 2]),
            ]),
        Entry(
            id: "é", attributes: ["title": .text("composed"), "genres": .keywords(["é"]), "available": .bool(false)]),
        Entry(id: "e\u{301}", attributes: ["title": .text(""), "genres": .keywords(["e\u{301}", "é", "é"])]),
        Entry(id: "", attributes: ["genres": .keywords([]), "year": .number(.nan), "createdAt": .time(.distantPast)]),
    ]

    static func expectFilms(_ table: ItemTable) throws {
        #expect(table.count == 4)
        #expect(table.schema == schema)
        #expect(
            (0..<4).map { Array(table.id(of: $0).string.utf8) } == ["", "e\u{301}", "m1", "é"].map { Array($0.utf8) })
        for film in films {
            let row = try #require(table.index(of: film.id))
            #expect(table.id(of: row) == film.id)
            #expect(table.key(of: row) == film.id.key)
            #expect(table.index(of: film.id.key) == row)
        }
        #expect(table.index(of: "m2") == nil && table.index(of: ItemKey(0)) == nil)
        let matrix = try #require(table.index(of: "m1"))
        #expect(table.attributes(of: matrix) == films[0].attributes)
        #expect(table.title(of: matrix) == "Matrix, The (1999)")
        let empty = try #require(table.index(of: ""))
        #expect(table.title(of: empty) == nil)
        #expect(table.attributes(of: empty) == ["createdAt": .time(.distantPast)])
        let decomposed = try #require(table.index(of: "e\u{301}"))
        #expect(table.title(of: decomposed) == "")
        let genres = try #require(table.keywords("genres"))
        #expect(genres.words(of: Int(decomposed)).map { Array($0.utf8) } == [Array("e\u{301}".utf8), Array("é".utf8)])
        #expect(genres.dictionary.count == 4)
        #expect(table.number("year")?[Int(matrix)] == 1999 && table.number("year")?[Int(empty)].isNaN == true)
        #expect(table.number("genres") == nil && table.keywords("year") == nil && table.column("unknown") == nil)
        #expect(table.bool("available").map(Array.init) == [2, 2, 1, 0])
        #expect(table.vector("cover")?.vector(of: Int(matrix)) == [0.5, -1, 2])
        #expect(table.attribute("never", of: matrix) == nil)
    }

    @Test func whatIsWrittenIsRead() throws {
        let folder = try TemporaryFolder()
        try ItemTable.write(Self.films, schema: Self.schema, to: folder.file("items.safetensors"))
        try Self.expectFilms(try ItemTable(folder.file("items.safetensors")))
        // The order of the rows given does not matter.
        try ItemTable.write(Self.films.reversed(), schema: Self.schema, to: folder.file("again"))
        #expect(try Data(contentsOf: folder.file("items.safetensors")) == Data(contentsOf: folder.file("again")))
    }

    @Test func goldenFileStaysReadable() throws {
        let folder = try TemporaryFolder()
        try ItemTable.write(Self.films, schema: Self.schema, to: folder.file("now"))
        let golden = try goldenFile("items-1.safetensors", recordingFrom: folder.file("now"))
        try Self.expectFilms(try ItemTable(golden))
        #expect(try Data(contentsOf: folder.file("now")) == Data(contentsOf: golden))
    }

    @Test func noItems() throws {
        let folder = try TemporaryFolder()
        try ItemTable.write([], schema: Self.schema, to: folder.file("items"))
        let table = try ItemTable(folder.file("items"))
        #expect(table.count == 0 && table.index(of: "m1") == nil)
        #expect(table.matching(.not(.exists("year"))).count == 0)
    }

    @Test func wrongValuesAreRefused() throws {
        let folder = try TemporaryFolder()
        let wrong = [Entry<Item>(id: "a", attributes: ["year": .keyword("1999")])]
        #expect(throws: CatalogueError.typeChange(attribute: "year", got: .keyword, expected: .number)) {
            try ItemTable.write(wrong, schema: Self.schema, to: folder.file("items"))
        }
        #expect(throws: CatalogueError.keyCollision("a", "a")) {
            try ItemTable.write([wrong[0], wrong[0]], schema: [:], to: folder.file("items"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
    }

    @Test func everyTruncationIsAnErrorAndNoFlippedByteTraps() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("items.safetensors")
        try ItemTable.write(Array(Self.films.prefix(2)), schema: Self.schema, to: url)
        let original = [UInt8](try Data(contentsOf: url))
        let everything = try FilterPredicate("(genres:é OR year>1 OR title:x OR NOT studio:Warner) AND NOT place:*")
        let result = try damage(original, file: url, changes: [0x01, 0xFF], every: 31) {
            let table = try ItemTable(url)
            for item in 0..<ItemIndex(table.count) {
                _ = table.attributes(of: item)
                _ = table.index(of: table.id(of: item))
            }
            _ = table.index(of: "nobody")
            _ = table.matching(everything).count
        }
        #expect(result.survivedCuts == [] && result.wrongErrors == [])
    }

    @Test func manyItemsAreFound() throws {
        let folder = try TemporaryFolder()
        let items = (0..<5_000).map { Entry<Item>(id: ItemID("item-\($0)")) }
        try ItemTable.write(items, schema: [:], to: folder.file("items"))
        let table = try ItemTable(folder.file("items"))
        for i in 0..<5_000 {
            let row = try #require(table.index(of: ItemID("item-\(i)")))
            #expect(table.id(of: row).string == "item-\(i)")
            #expect(table.index(of: ItemID("other-\(i)")) == nil)
        }
        let some = (0..<6_000).map { ItemID("item-\($0 * 7 % 6_000)") }
        #expect(table.indices(of: some.map(\.key)) == some.map { table.index(of: $0) })
    }

    /// `matching`, by columns, against `evaluate`, item by item, on random items and random predicates.
    @Test func matchingAgreesWithEvaluate() throws {
        let folder = try TemporaryFolder()
        for seed in 0..<25 {
            var random = SeededNumbers(UInt64(seed))
            let items = (0..<Int.random(in: 0...150, using: &random)).map { i in
                Entry<Item>(id: ItemID("\(i)"), attributes: Self.randomAttributes(&random))
            }
            try ItemTable.write(items, schema: Self.schema, to: folder.file("items"))
            let table = try ItemTable(folder.file("items"))
            for _ in 0..<30 {
                let predicate = Self.randomPredicate(depth: 3, &random)
                let matching = table.matching(predicate)
                let wanted = items.filter { item in predicate.evaluate { item.attributes[$0] } }.map(\.id)
                #expect(matching.items.map { table.id(of: $0) } == wanted.sorted(), "seed \(seed): \(predicate)")
                for item in 0..<ItemIndex(table.count) {
                    #expect(table.satisfies(predicate, item) == matching.contains(item))
                }
            }
        }
    }

    static func randomAttributes(_ random: inout SeededNumbers) -> [String: AttributeValue] {
        let words = ["a", "b", "é", "e\u{301}", "true", "3", ""]
        func word() -> String { words.randomElement(using: &random) ?? "" }
        var attributes: [String: AttributeValue] = [:]
        if Bool.random(using: &random) { attributes["title"] = .text(word()) }
        if Bool.random(using: &random) { attributes["studio"] = .keyword(word()) }
        if Bool.random(using: &random) {
            attributes["genres"] = .keywords((0..<Int.random(in: 0...3, using: &random)).map { _ in word() })
        }
        if Bool.random(using: &random) { attributes["year"] = .number(Double(Int.random(in: -4...4, using: &random))) }
        if Bool.random(using: &random) { attributes["available"] = .bool(Bool.random(using: &random)) }
        if Bool.random(using: &random) {
            attributes["createdAt"] = .time(
                Timestamp(milliseconds: Int64.random(in: -2...2, using: &random) * 86_400_000))
        }
        if Bool.random(using: &random) { attributes["place"] = .geo(latitude: 1, longitude: 2) }
        if Bool.random(using: &random) { attributes["cover"] = .vector([1, 2, 3]) }
        return attributes
    }

    static func randomPredicate(depth: Int, _ random: inout SeededNumbers) -> FilterPredicate {
        let field = (schema.keys.sorted() + ["unknown"]).randomElement(using: &random) ?? ""
        let texts: [PredicateText] = ["a", "b", "é", "e\u{301}", "true", "false", "3", "-1", "", "1970-01-02", "*"]
        switch Int.random(in: 0..<(depth > 0 ? 7 : 3), using: &random) {
        case 0: return .exists(field)
        case 1: return .equals(field, texts.randomElement(using: &random) ?? "")
        case 2:
            let comparison = FilterPredicate.Comparison.allCases.randomElement(using: &random) ?? .less
            let isTime = Bool.random(using: &random)
            let time = Timestamp(milliseconds: Int64.random(in: -2...2, using: &random) * 86_400_000)
            let number = Double(Int.random(in: -4...4, using: &random))
            return .compares(isTime ? "createdAt" : field, comparison, isTime ? .time(time) : .number(number))
        case 3, 4: return .not(randomPredicate(depth: depth - 1, &random))
        case 5:
            return .and(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in randomPredicate(depth: depth - 1, &random) })
        default:
            return .or(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in randomPredicate(depth: depth - 1, &random) })
        }
    }
}
