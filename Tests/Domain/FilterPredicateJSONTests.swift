import MagpieDomain
import Testing

@Suite struct FilterPredicateJSONTests {
    /// What JSON says is what the notation says.
    @Test(arguments: [
        (#"{"match": {"genres": "Action"}}"#, "genres:Action"),
        (#"{"match": {"genres": ["Action", "a \"b\""]}}"#, #"genres:Action OR genres:"a \"b\"""#),
        (#"{"match": {"year": 1990, "new": true}}"#, "year:1990 AND new:true"),
        (#"{"range": {"year": {"gte": 1990, "lt": 2000.5}}}"#, "year>=1990 AND year<2000.5"),
        (
            #"{"range": {"at": {"gt": "2024-01-31T00:00:00Z", "lte": "2024-02-01T00:00:00Z"}}}"#,
            "at>2024-01-31T00:00:00Z AND at<=2024-02-01T00:00:00Z"
        ),
        (#"{"exists": "poster"}"#, "poster:*"),
        (#"{"must": [{"exists": "a"}, {"exists": "b"}]}"#, "a:* AND b:*"),
        (#"{"any": [{"exists": "a"}, {"exists": "b"}]}"#, "a:* OR b:*"),
        (#"{"must_not": [{"exists": "a"}, {"exists": "b"}]}"#, "NOT a:* AND NOT b:*"),
        (#"{"must_not": {"any": [{"exists": "a"}, {"exists": "b"}]}}"#, "NOT (a:* OR b:*)"),
        (#"{"must": {"match": {"g": ["x", "y"]}}, "must_not": {"match": {"h": 0}}}"#, "(g:x OR g:y) AND NOT h:0"),
    ])
    func meansTheSame(json: String, notation: String) throws {
        let read = try FilterPredicate(json: try JSONTree(json))
        let written = try FilterPredicate(notation)
        // Equal on everything that they can tell apart, whatever their shapes are.
        let values: [AttributeValue?] = [
            nil, .keywords(["Action"]), .keyword("x"), .keyword("y"), .keyword("a \"b\""), .number(0), .number(1990),
            .number(2000), .number(2001), .bool(true), .text("z"),
            Timestamp(iso8601: "2024-01-31T00:00:00Z").map { .time($0) },
            Timestamp(iso8601: "2024-01-31T12:00:00Z").map { .time($0) },
        ]
        let fields = written.fields
        #expect(Set(read.fields) == Set(fields))
        for first in values {
            for second in values {
                let lookup = { (field: String) in field == fields[0] ? first : second }
                #expect(read.evaluate(lookup) == written.evaluate(lookup), "\(String(describing: first))")
            }
        }
        #expect(try FilterPredicate(read.description).description == read.description)
    }

    @Test(arguments: [
        ("3", "filter: got 3"), ("{}", "filter: got {}"), (#"{"must": []}"#, "filter.must: got []"),
        (#"{"musst": []}"#, "filter: got \"musst\""),
        (#"{"must": [{"match": {"a": null}}]}"#, "filter.must[0].match.a: got null"),
        (#"{"match": {"a": []}}"#, "filter.match.a"), (#"{"match": 3}"#, "filter.match"),
        (#"{"range": {"a": 3}}"#, "filter.range.a"), (#"{"range": {"a": {"ge": 3}}}"#, "filter.range.a: got \"ge\""),
        (#"{"range": {"a": {"gt": "soon"}}}"#, "filter.range.a.gt: got \"soon\""),
        (#"{"exists": ""}"#, "filter.exists"),
    ])
    func whatIsWrongIsNamed(json: String, start: String) throws {
        let tree = try JSONTree(json)
        let error = #expect(throws: FilterPredicateJSONError.self) { try FilterPredicate(json: tree) }
        #expect(error?.description.hasPrefix(start) == true, "\(String(describing: error))")
    }

    @Test func isNotTooDeep() {
        var tree = JSONTree.object([.init("exists", .string("a"))])
        for _ in 0..<150 { tree = .object([.init("must_not", tree)]) }
        let deep = tree
        #expect(throws: FilterPredicateJSONError.self) { try FilterPredicate(json: deep) }
    }
}
