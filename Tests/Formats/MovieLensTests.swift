import Foundation
import MagpieDomain
import MagpieFormats
import Testing

/// The older editions, on files of a few lines.
@Suite struct MovieLensTests {
    let files: TemporaryFiles
    init() throws { files = try TemporaryFiles() }

    /// Latin-1 bytes: "é" is one byte.
    func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    func oneMillion(ratings: String = "1::1193::5::978300760\n2::3408::3.5::978300275\r\n") throws -> MovieLensFolder {
        _ = try files.write(ratings, "ratings.dat")
        _ = try files.write(
            latin(
                "1193::One Flew Over the Cuckoo's Nest (1975)::Drama\n"
                    + "3408::Misérables, Les (1995)::Drama|Children's\n\n7::No Year::(no genres listed)"),
            "movies.dat")
        _ = try files.write("1::F::1::10::48067\n2::M::56::16::70072\n", "users.dat")
        return try MovieLensFolder(files.folder)
    }

    func hundredThousand(flags: String = "0|1|0") throws -> MovieLensFolder {
        _ = try files.write("196\t242\t3\t881250949\n186\t302\t4\t891717742\n", "u.data")
        _ = try files.write("unknown|0\nAction|1\nSci-Fi|2\n\n", "u.genre")
        _ = try files.write(
            latin(
                "242|Kolya (1996)|24-Jan-1997||http://us.imdb.com/M/title-exact?Kolya%20(1996)|0|1|1\n"
                    + "302|Été (1990)|01-Jan-1990|||" + flags + "\n267|unknown||||1|0|0\n"), "u.item")
        _ = try files.write("196|24|M|technician|85711\n", "u.user")
        return try MovieLensFolder(files.folder)
    }

    func message(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }

    @Test func theMillionEdition() throws {
        let folder = try oneMillion()
        let events = try folder.eventFiles().flatMap { try folder.events($0).all().rows }
        #expect(
            events == [
                Event(
                    kind: "rating", userId: "1", itemId: "1193", value: 5,
                    time: Timestamp(milliseconds: 978_300_760_000), source: "movielens/ratings.dat"),
                Event(
                    kind: "rating", userId: "2", itemId: "3408", value: 3.5,
                    time: Timestamp(milliseconds: 978_300_275_000), source: "movielens/ratings.dat"),
            ])
        let items = try folder.items(validFrom: .distantPast).all().rows
        #expect(items.map(\.id) == ["1193", "3408", "7"])
        #expect(
            items.map(\.change) == [
                .patch([
                    "title": .text("One Flew Over the Cuckoo's Nest (1975)"), "year": .number(1975),
                    "genres": .keywords(["Drama"]),
                ]),
                .patch([
                    "title": .text("Misérables, Les (1995)"), "year": .number(1995),
                    "genres": .keywords(["Drama", "Children's"]),
                ]),
                .patch(["title": .text("No Year")]),
            ])
        let file = try #require(folder.userFile)
        let users = try folder.users(file, validFrom: .distantPast).all().rows
        #expect(
            users.map(\.change) == [
                .patch([
                    "gender": .keyword("F"), "age": .number(1), "occupation": .keyword("K-12 student"),
                    "zipCode": .keyword("48067"),
                ]),
                .patch([
                    "gender": .keyword("M"), "age": .number(56), "occupation": .keyword("self-employed"),
                    "zipCode": .keyword("70072"),
                ]),
            ])
    }

    /// The edition of ten million has tags, UTF-8, and no users.
    @Test func theTenMillionEdition() throws {
        _ = try files.write("1::122::5::838985046\n", "ratings.dat")
        _ = try files.write("15::4973::excellent!::1215184630\n", "tags.dat")
        _ = try files.write("4973::Amélie (2001)::Comedy\n", "movies.dat")
        let folder = try MovieLensFolder(files.folder)
        #expect(folder.userFile == nil)
        let events = try folder.eventFiles().flatMap { try folder.events($0).all().rows }
        #expect(events.map(\.kind) == ["rating", "tag"])
        #expect(events[1].properties == ["tag": .keyword("excellent!")] && events[1].value == nil)
        guard case .patch(let patch)? = try folder.items(validFrom: .distantPast).all().rows.first?.change else {
            Issue.record("no film")
            return
        }
        #expect(patch["title"] == .text("Amélie (2001)"))
    }

    @Test func theHundredThousandEdition() throws {
        let folder = try hundredThousand()
        let events = try folder.eventFiles().flatMap { try folder.events($0).all().rows }
        #expect(events.map(\.userId) == ["196", "186"] && events.map(\.value) == [3, 4])
        #expect(events[0].time == Timestamp(milliseconds: 881_250_949_000))
        let items = try folder.items(validFrom: .distantPast).all().rows
        #expect(
            items.map(\.change) == [
                .patch([
                    "title": .text("Kolya (1996)"), "year": .number(1996), "genres": .keywords(["Action", "Sci-Fi"]),
                ]),
                .patch([
                    "title": .text("Été (1990)"), "year": .number(1990), "genres": .keywords(["Action"]),
                ]),
                .patch(["title": .text("unknown")]),
            ])
        let file = try #require(folder.userFile)
        #expect(
            try folder.users(file, validFrom: .distantPast).all().rows.map(\.change) == [
                .patch([
                    "age": .number(24), "gender": .keyword("M"), "occupation": .keyword("technician"),
                    "zipCode": .keyword("85711"),
                ])
            ])
    }

    @Test(arguments: [
        ("1::1193::5\n", "ratings.dat:1: the row has 3 fields with \"::\" between them, expected 4: userId, movieId"),
        ("1::1193::5::978300760\n2:3:4:5\n", "ratings.dat:2: the row has 1 field with \"::\""),
        ("1::1193::good::978300760\n", "ratings.dat:1: column \"rating\": \"good\" is not a number"),
        ("1::1193::5::today\n", "ratings.dat:1: column \"timestamp\": \"today\" is not a time in seconds"),
        ("\n::1193::5::978300760\n", "ratings.dat:2: column \"userId\" is empty"),
    ])
    func badRatings(rows: String, problem: String) throws {
        let folder = try oneMillion(ratings: rows)
        let text = message {
            let reader = try folder.events(folder.eventFiles()[0])
            while try reader.next() != nil {}
        }
        #expect(text.hasPrefix(problem) && text.contains("--skip-bad-rows"), "\(text)")
    }

    /// A bad row is stepped over, whatever is wrong with it.
    @Test func badRowsCanBeSteppedOver() throws {
        let folder = try oneMillion(ratings: "1::2::3::4\n1::2\n1::2::x::4\n5::6::1::8")
        let (rows, bad) = try folder.events(folder.eventFiles()[0]).all()
        #expect(rows.map(\.userId) == ["1", "5"] && bad.map(\.line) == [2, 3])
        #expect(bad.map(\.text) == ["1::2", "1::2::x::4"])
    }

    @Test func badFilms() throws {
        let folder = try hundredThousand(flags: "0|2|0")
        let text = message { _ = try folder.items(validFrom: .distantPast).all() }
        #expect(text.isEmpty, "a bad row is set aside")
        #expect(
            try folder.items(validFrom: .distantPast).all().bad.map(\.problem) == [
                "column \"Action\": \"2\" is not 0 or 1"
            ])
        _ = try files.write("unknown|0\nAction|2\n", "u.genre")
        #expect(
            message { _ = try folder.items(validFrom: .distantPast) }
                == "u.genre:1: the genres are not numbered 0, 1, 2, ...: take u.genre from the original archive")
    }

    /// What is missing is named by the edition that is there in part.
    @Test(arguments: [
        ("u.genre", "no u.genre in this folder"), ("u.item", "no u.item in this folder"),
        ("u.data", "no u.data in this folder"),
    ])
    func missingFiles(name: String, problem: String) throws {
        _ = try hundredThousand()
        try FileManager.default.removeItem(at: files.folder.appendingPathComponent(name))
        #expect(message { _ = try MovieLensFolder(files.folder) }.contains(problem))
    }
}
