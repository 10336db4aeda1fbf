import Foundation
import MagpieDomain

/// Ratings (or tags) of the editions without a header line: user, film, rating or tag, seconds since 1970.
final class MovieLensEventReader: RowReader {
    private let rows: DelimitedReader
    private let kind: String
    private let source: String

    /// - Parameter kind: "rating": the third field is a number; "tag": it is the tag.
    init(_ url: URL, separator: String, kind: String) throws {
        rows = try DelimitedReader(
            url, separator: separator, columns: ["userId", "movieId", kind, "timestamp"])
        self.kind = kind
        source = "movielens/" + rows.file
    }

    var bytesRead: Int { rows.bytesRead }
    func badRow(_ problem: String) -> FormatError { rows.badRow(problem) }

    func next() throws -> Event? {
        guard try rows.next() else { return nil }
        let user = try rows.requiredText(0)
        let item = try rows.requiredText(1)
        let time = try rows.value(3, "a time in seconds") { FieldText.time($0, .s) }
        var event = Event(kind: kind, userId: UserID(user), itemId: ItemID(item), time: time, source: source)
        if kind == "rating" {
            event.value = try rows.value(2, "a number") { FieldText.double($0) }
        } else {
            event.properties = [kind: .keyword(try rows.requiredText(2))]
        }
        return event
    }
}

/// Films of `movies.dat`: `1::Toy Story (1995)::Animation|Children's|Comedy`.
final class MovieLensDatItemReader: RowReader {
    private let rows: DelimitedReader
    private let validFrom: Timestamp

    init(_ url: URL, validFrom: Timestamp) throws {
        rows = try DelimitedReader(url, separator: "::", columns: ["movieId", "title", "genres"])
        self.validFrom = validFrom
    }

    var bytesRead: Int { rows.bytesRead }
    func badRow(_ problem: String) -> FormatError { rows.badRow(problem) }

    func next() throws -> Revision<Item>? {
        guard try rows.next() else { return nil }
        return MovieLensFolder.film(
            try rows.requiredText(0), title: rows.text(1),
            genres: rows.text(2).split(separator: "|").map(String.init), validFrom: validFrom)
    }
}

/// Films of `u.item`: id, title, date of release, of release on video, address, then a 0 or 1 a genre, named in
/// `u.genre`: `1|Toy Story (1995)|01-Jan-1995||http://...|0|0|0|1|1|1|0|...`.
final class MovieLensItemFlagsReader: RowReader {
    private static let plain = ["movieId", "title", "release date", "video release date", "IMDb URL"]
    private let rows: DelimitedReader
    private let genres: [String]
    private let validFrom: Timestamp

    init(_ url: URL, genres genresURL: URL, validFrom: Timestamp) throws {
        let names = try DelimitedReader(genresURL, separator: "|", columns: ["genre", "number"])
        var numbered: [(number: Int64, name: String)] = []
        while try names.next() {
            numbered.append((try names.value(1, "a whole number") { FieldText.int64($0) }, try names.requiredText(0)))
        }
        numbered.sort { $0.number < $1.number }
        guard !numbered.isEmpty, zip(numbered, 0...).allSatisfy({ $0.number == $1 }) else {
            throw FormatError.badHeader(
                file: names.file,
                problem: "the genres are not numbered 0, 1, 2, ...: take \(names.file) from the original archive")
        }
        genres = numbered.map(\.name)
        rows = try DelimitedReader(url, separator: "|", columns: Self.plain + genres)
        self.validFrom = validFrom
    }

    var bytesRead: Int { rows.bytesRead }
    func badRow(_ problem: String) -> FormatError { rows.badRow(problem) }

    func next() throws -> Revision<Item>? {
        guard try rows.next() else { return nil }
        var own: [String] = []
        for (place, genre) in genres.enumerated() {
            let flag = try rows.value(Self.plain.count + place, "0 or 1") { FieldText.int64($0) }
            guard flag == 0 || flag == 1 else {
                throw rows.badRow("column \"\(genre)\": \"\(flag)\" is not 0 or 1")
            }
            if flag == 1, genre != "unknown" { own.append(genre) }
        }
        return MovieLensFolder.film(try rows.requiredText(0), title: rows.text(1), genres: own, validFrom: validFrom)
    }
}

/// People of `users.dat` (`1::F::1::10::48067`) and `u.user` (`1|24|M|technician|85711`).
final class MovieLensUserReader: RowReader {
    private let rows: DelimitedReader
    private let validFrom: Timestamp
    /// Occupations of `users.dat` are numbers.
    private static let occupations = [
        "other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
        "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer", "programmer",
        "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer", "tradesman/craftsman",
        "unemployed", "writer",
    ]

    init(_ url: URL, separator: String, columns: [String], validFrom: Timestamp) throws {
        rows = try DelimitedReader(url, separator: separator, columns: columns)
        self.validFrom = validFrom
    }

    var bytesRead: Int { rows.bytesRead }
    func badRow(_ problem: String) -> FormatError { rows.badRow(problem) }

    func next() throws -> Revision<User>? {
        guard try rows.next() else { return nil }
        var patch: AttributePatch = [:]
        for (column, name) in rows.columns.enumerated().dropFirst() where !rows.bytes(column).isEmpty {
            if name == "age" {
                patch[name] = .number(try rows.value(column, "a number") { FieldText.double($0) })
            } else {
                let text = rows.text(column)
                let number = name == "occupation" ? Int(text) : nil
                let isListed = number.map { Self.occupations.indices.contains($0) } ?? false
                patch[name] = .keyword(isListed ? Self.occupations[number ?? 0] : text)
            }
        }
        return Revision(
            id: UserID(try rows.requiredText(0)), validFrom: validFrom, receivedAt: validFrom, change: .patch(patch))
    }
}
