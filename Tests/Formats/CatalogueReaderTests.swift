import Foundation
import MagpieDomain
import MagpieFormats
import Testing

@Suite struct CatalogueReaderTests {
    let files: TemporaryFiles
    init() throws { files = try TemporaryFiles() }

    func options(_ change: (inout CatalogueOptions) -> Void = { _ in }) -> CatalogueOptions {
        var options = CatalogueOptions(validFrom: Timestamp(milliseconds: 5), receivedAt: Timestamp(milliseconds: 6))
        change(&options)
        return options
    }

    func items(
        _ text: String, _ name: String = "items.csv", _ change: (inout CatalogueOptions) -> Void = { _ in }
    ) throws -> (rows: [Revision<Item>], bad: [BadRow]) {
        try CatalogueReader(items: try files.write(text, name), options(change)).all()
    }

    @Test func typesByNameByFlagAndByFirstSight() throws {
        let (rows, bad) = try items(
            """
            sku,title,genres,year,adult,where,vec,availableFrom,code
            a,Heat,Action| Crime |,1995,false,52.5|13.4,1|2,2020-01-01T00:00:00Z,A7
            b,,,,TRUE,,,,8
            """
        ) {
            $0.columns = ["id": "sku"]
            $0.types = ["genres": .keywords, "where": .geo, "vec": .vector(dimension: 2)]
        }
        #expect(bad.isEmpty)
        #expect(
            rows == [
                Revision(
                    id: "a", validFrom: Timestamp(milliseconds: 5), receivedAt: Timestamp(milliseconds: 6),
                    change: .patch([
                        "title": .text("Heat"), "genres": .keywords(["Action", "Crime"]), "year": .number(1995),
                        "adult": .bool(false), "where": .geo(latitude: 52.5, longitude: 13.4), "vec": .vector([1, 2]),
                        "availableFrom": .time(Timestamp(milliseconds: 1_577_836_800_000)), "code": .keyword("A7"),
                    ])),
                Revision(
                    id: "b", validFrom: Timestamp(milliseconds: 5), receivedAt: Timestamp(milliseconds: 6),
                    change: .patch(["adult": .bool(true), "code": .keyword("8")])),
            ])
    }

    @Test func aColumnThatChangesItsTypeIsABadRowWithTheRemedy() throws {
        let (rows, bad) = try items("item_id,zip\na,10115\nb,SW1A\nc,80331\n")
        #expect(rows.map(\.id) == ["a", "c"])
        #expect(bad.map(\.line) == [3])
        #expect(bad.first?.problem.contains("--attribute zip=keyword") == true)
        #expect(try items("item_id,zip\na,10115\nb,SW1A\n") { _ in }.rows.count == 1)
        #expect(
            try items("item_id,zip\na,10115\nb,SW1A\n", "items.csv") { $0.types = ["zip": .keyword] }.rows.count == 2)
    }

    @Test func rowsWithATimeOfTheirOwn() throws {
        let (rows, _) = try items("id,validFrom,price\na,100,1\na,200,2\na,,3\n") { $0.timeUnit = .ms }
        #expect(rows.map(\.validFrom.milliseconds) == [100, 200, 5])
        #expect(rows.map(\.receivedAt.milliseconds) == [100, 200, 6])
    }

    @Test func jsonLinesSetRemoveAndDelete() throws {
        let (rows, bad) = try items(
            """
            {"id":"2571","title":"Matrix, The (1999)","genres":["Action"],"year":1999,"price":null}
            {"id":2,"year":"1999"}
            {"id":"3","delete":true,"validFrom":77}
            {"title":"nobody"}
            """, "items.jsonl")
        #expect(rows.map(\.id) == ["2571", "3"])
        #expect(
            rows.first?.change
                == .patch([
                    "title": .text("Matrix, The (1999)"), "genres": .keywords(["Action"]), "year": .number(1999),
                    "price": nil,
                ]))
        #expect(rows.last?.change == .delete && rows.last?.validFrom.milliseconds == 77)
        #expect(bad.map(\.line) == [2, 4])
        #expect(bad.first?.problem.contains("expected number") == true)
    }

    @Test func usersAndMissingIds() throws {
        let users = try CatalogueReader(users: try files.write("user_id,city\nu,Ulm\n"), options()).all().rows
        #expect(users.map(\.id) == ["u"])
        #expect(throws: FormatError.self) { try items("name,city\nu,Ulm\n") }
        #expect(try items("id,city\n,Ulm\n").bad.first?.problem.contains("every row needs an id") == true)
    }
}
