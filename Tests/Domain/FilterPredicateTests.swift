import Foundation
import MagpieDomain
import Testing

@Suite struct FilterPredicateTests {
    static let film: [String: AttributeValue] = [
        "title": .text("The \"Matrix\" (1999)"), "studio": .keyword("Warner"),
        "genres": .keywords(["Action", "Sci-Fi"]),
        "year": .number(1999), "price": .number(-2.5), "available": .bool(true), "none": .keywords([]),
        "createdAt": .time(Timestamp(milliseconds: 1_706_659_200_000)), "shelf life": .keyword("3 (dry)"),
        "place": .geo(latitude: 1, longitude: 2), "cover": .vector([1]), "link": .keyword("http://x/?a=1"),
        "accent": .keyword("é"), "AND": .keyword("OR"),
    ]

    @Test(arguments: [
        ("genres:Action", true), ("genres:action", false), ("genres:Drama", false), ("studio:Warner", true),
        ("year:1999", true), ("year:1999.0", true), ("year:x", false), ("year>=1999", true), ("year>1999", false),
        ("year<1999", false), ("year<=1999", true), ("price<-2", true), ("price>-1e3", true),
        ("available:true", true), ("available:false", false), ("available:yes", false),
        ("title:\"The \\\"Matrix\\\" (1999)\"", true), ("\"shelf life\":\"3 (dry)\"", true),
        ("link:http://x/?a=1", true), ("createdAt:2024-01-31", true), ("createdAt>=2024-01-31", true),
        ("createdAt<2024-01-31T00:00:00.001Z", true), ("createdAt>2024-01-31T00:00:00Z", false),
        ("createdAt>2024", false), ("year>2024-01-31", false),
        ("genres:*", true), ("none:*", false), ("missing:*", false), ("genres:\"*\"", false), ("place:*", true),
        ("cover:*", true), ("place:1", false), ("missing:x", false), ("missing<5", false), ("NOT missing<5", true),
        ("accent:é", true), ("accent:e\u{301}", false), ("\"AND\":OR", true),
        ("genres:Action AND year>=1990 AND NOT (available:false OR price>20)", true),
        ("genres:Drama OR genres:Action AND year:1", false), ("(genres:Drama OR genres:Action) AND year:1999", true),
        ("genres:Action OR genres:Drama AND year:1", true), ("NOT NOT genres:Action", true),
        ("NOT genres:Drama AND genres:Action", true), ("  (( genres : Action ))  ", true), ("year >= 1990", true),
    ])
    func table(notation: String, holds: Bool) throws {
        let predicate = try FilterPredicate(notation)
        #expect(predicate.evaluate { Self.film[$0] } == holds)
        // What it says of itself reads as itself.
        #expect(try FilterPredicate(predicate.description) == predicate)
        let coded = try JSONEncoder().encode([predicate])
        #expect(try JSONDecoder().decode([FilterPredicate].self, from: coded) == [predicate])
    }

    @Test(arguments: [
        ("", 1, "condition"), ("   ", 4, "condition"), ("genres", 7, ":, <"), ("genres:", 8, "a value"),
        ("genres:)", 8, "a value"), ("genres:Action year:1", 15, "AND, OR or the end"), ("AND a:b", 1, "condition"),
        ("a:b AND", 8, "condition"), ("a:b OR OR", 8, "condition"), ("(a:b", 5, "\")\""), ("a:b)", 4, "the end"),
        ("NOT", 4, "condition"), ("a:\"b", 5, "closing quote"), ("year>x", 6, "a number"), ("year>nan", 6, "a number"),
        ("year>inf", 6, "a number"), ("year=5", 5, "a field, a value or one of"), ("é:x )", 5, "the end"),
        (":x", 1, "condition"),
        ("\"\":x", 1, "condition"), ("a>=", 4, "a value"), ("a b:c", 3, ":, <"), ("year>\"2024-13-45\"", 6, "a number"),
        ("year>99999999999-01-01", 6, "a number"), ("year>999999999999999999999-01-01T00:00:00Z", 6, "a number"),
    ])
    func errors(notation: String, position: Int, expected: String) throws {
        let error = #expect(throws: FilterPredicateError.self) { try FilterPredicate(notation) }
        let found = try #require(error)
        #expect(found.position == position && found.expected.contains(expected), "\(found)")
        #expect(!found.description.contains("\n") && found.description.contains("character \(position)"))
    }

    @Test func deepNestingIsAnError() throws {
        let deep = 100_000
        #expect(throws: FilterPredicateError.self) { try FilterPredicate(String(repeating: "(", count: deep) + "a:b") }
        #expect(throws: FilterPredicateError.self) {
            try FilterPredicate(String(repeating: "NOT ", count: deep) + "a:b")
        }
        let allowed = FilterPredicate.depthLimit - 1
        _ = try FilterPredicate(String(repeating: "(", count: allowed) + "a:b" + String(repeating: ")", count: allowed))
        // Long is not deep.
        _ = try FilterPredicate((0..<10_000).map { "a:\($0)" }.joined(separator: " OR "))
    }

    @Test func anyTextIsReadOrRefused() {
        let pieces = [
            "a", ":", "<", ">", "=", "(", ")", "\"", "\\", " ", "AND", "OR", "NOT", "*", "é", "1", "2024-01-31", "\n",
            "🐦",
        ]
        var state: UInt64 = 42
        func next(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }
        var valid = 0
        for _ in 0..<20_000 {
            let text = (0..<next(9)).map { _ in pieces[next(pieces.count)] }.joined()
            guard let predicate = try? FilterPredicate(text) else { continue }
            valid += 1
            #expect((try? FilterPredicate(predicate.description)) == predicate, "\(text)")
        }
        #expect(valid > 100)
    }

    @Test func fieldsInOrderOfMention() throws {
        #expect(try FilterPredicate("b:1 AND NOT (a:2 OR b:3) AND c:*").fields == ["b", "a", "c"])
    }
}
