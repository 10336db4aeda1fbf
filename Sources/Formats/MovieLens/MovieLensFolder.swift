import Foundation
import MagpieDomain

/// A folder of GroupLens' MovieLens data, of any of its three forms; which one is told by the files that are there.
///
/// | edition | ratings | tags | films | users |
/// |---|---|---|---|---|
/// | latest-small, latest, 20M, 25M, 32M | `ratings.csv` | `tags.csv` | `movies.csv`, `links.csv` | - |
/// | 1M, 10M | `ratings.dat` | `tags.dat` | `movies.dat` | `users.dat` |
/// | 100K | `u.data` | - | `u.item`, `u.genre` | `u.user` |
///
/// Ratings become events of kind `rating`, tags of kind `tag` with the tag as the property `tag`, films items with
/// `title` as it is ("Matrix, The (1999)"), `year` from it, `genres`, and `imdbId` and `tmdbId` where there are links.
/// Tags, links and users may be absent.
///
/// Times are in seconds (the README of the data). The catalogue has no times of its own: the caller says from
/// when it holds, as a rule the earliest rating.
public struct MovieLensFolder: Sendable {
    private enum Edition: CaseIterable {
        case csv, dat, u

        var needed: [String] {
            switch self {
            case .csv: ["ratings.csv", "movies.csv"]
            case .dat: ["ratings.dat", "movies.dat"]
            case .u: ["u.data", "u.item", "u.genre"]
            }
        }

        var events: [String] {
            switch self {
            case .csv: ["ratings.csv", "tags.csv"]
            case .dat: ["ratings.dat", "tags.dat"]
            case .u: ["u.data"]
            }
        }

        var users: String? {
            switch self {
            case .csv: nil
            case .dat: "users.dat"
            case .u: "u.user"
            }
        }
    }

    public let url: URL
    private let edition: Edition

    public init(_ url: URL) throws {
        self.url = url
        // The form whose files are all there; else the one that has any of them, for the message.
        let editions = Edition.allCases
        let found =
            editions.first { $0.needed.allSatisfy { Self.exists(url, $0) } }
            ?? editions.first { $0.needed.contains { Self.exists(url, $0) } } ?? .csv
        for name in found.needed where !Self.exists(url, name) {
            throw FormatError.cannotRead(
                file: url.path,
                reason: "no \(name) in this folder: name a MovieLens folder, or import single files")
        }
        edition = found
    }

    /// Ratings, then tags, in the order of the files.
    public func eventFiles() -> [URL] {
        edition.events.filter { Self.exists(url, $0) }.map { url.appendingPathComponent($0) }
    }

    public func events(_ file: URL) throws -> any RowReader<Event> {
        let kind = file.deletingPathExtension().lastPathComponent == "tags" ? "tag" : "rating"
        switch edition {
        case .csv:
            var options = EventOptions()
            options.kind = kind
            options.timeUnit = .s
            options.source = "movielens/" + file.lastPathComponent
            return try CSVEventReader(file, options)
        case .dat: return try MovieLensEventReader(file, separator: "::", kind: kind)
        case .u: return try MovieLensEventReader(file, separator: "\t", kind: kind)
        }
    }

    public var itemFile: URL { url.appendingPathComponent(edition.needed[1]) }

    public func items(validFrom: Timestamp) throws -> any RowReader<Revision<Item>> {
        switch edition {
        case .csv:
            return try MovieLensItemReader(
                movies: itemFile,
                links: Self.exists(url, "links.csv") ? url.appendingPathComponent("links.csv") : nil,
                validFrom: validFrom)
        case .dat: return try MovieLensDatItemReader(itemFile, validFrom: validFrom)
        case .u:
            return try MovieLensItemFlagsReader(
                itemFile, genres: url.appendingPathComponent("u.genre"), validFrom: validFrom)
        }
    }

    /// nil where the edition tells nothing of its users.
    public var userFile: URL? {
        edition.users.flatMap { Self.exists(url, $0) ? url.appendingPathComponent($0) : nil }
    }

    /// The reader of ``userFile``.
    public func users(_ file: URL, validFrom: Timestamp) throws -> any RowReader<Revision<User>> {
        let isDat = edition == .dat
        return try MovieLensUserReader(
            file, separator: isDat ? "::" : "|",
            columns: isDat
                ? ["userId", "gender", "age", "occupation", "zipCode"]
                : ["userId", "age", "gender", "occupation", "zipCode"],
            validFrom: validFrom)
    }

    /// A film as a revision of an item.
    static func film(_ id: String, title: String, genres: [String], validFrom: Timestamp) -> Revision<Item> {
        var patch: AttributePatch = [ReservedAttribute.title: .text(title)]
        if let year = year(ofTitle: title) { patch["year"] = .number(year) }
        let named = genres.filter { $0 != "(no genres listed)" }
        if !named.isEmpty { patch["genres"] = .keywords(named) }
        return Revision(id: ItemID(id), validFrom: validFrom, receivedAt: validFrom, change: .patch(patch))
    }

    private static func exists(_ folder: URL, _ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    /// The year at the end of a title, which newer editions sometimes follow with a space.
    static func year(ofTitle title: String) -> Double? {
        var text = Substring(title)
        while text.last == " " { text.removeLast() }
        guard text.last == ")" else { return nil }
        let digits = text.dropLast().suffix(4)
        guard text.dropLast(5).last == "(", digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return nil
        }
        return Double(digits)
    }
}

/// The films of `movies.csv` joined to `links.csv`.
final class MovieLensItemReader: RowReader {
    private let movies: CSVReader
    private let columns: (id: Int, title: Int, genres: Int)
    private var links: [String: (imdb: String, tmdb: String)] = [:]
    private let validFrom: Timestamp

    init(movies url: URL, links linksURL: URL?, validFrom: Timestamp) throws {
        self.validFrom = validFrom
        movies = try CSVReader(url)
        columns = (
            try movies.column("movieId"), try movies.column("title"), try movies.column("genres")
        )
        guard let linksURL else { return }
        let csv = try CSVReader(linksURL)
        let (id, imdb, tmdb) = (try csv.column("movieId"), try csv.column("imdbId"), try csv.column("tmdbId"))
        while try csv.next() { links[try csv.text(id)] = (try csv.text(imdb), try csv.text(tmdb)) }
    }

    var bytesRead: Int { movies.bytesRead }
    func badRow(_ problem: String) -> FormatError { movies.badRow(problem) }

    func next() throws -> Revision<Item>? {
        guard try movies.next() else { return nil }
        let id = try movies.text(columns.id)
        let title = try movies.text(columns.title)
        guard !id.isEmpty else { throw movies.badRow("column \"movieId\" is empty") }
        let genres = try movies.text(columns.genres).split(separator: "|").map(String.init)
        var film = MovieLensFolder.film(id, title: title, genres: genres, validFrom: validFrom)
        if let link = links[id], case .patch(var patch) = film.change {
            if !link.imdb.isEmpty { patch["imdbId"] = .keyword(link.imdb) }
            if !link.tmdb.isEmpty { patch["tmdbId"] = .keyword(link.tmdb) }
            film.change = .patch(patch)
        }
        return film
    }
}

extension CSVReader {
    /// The column of that name.
    fileprivate func column(_ name: String) throws -> Int {
        guard let column = header.firstIndex(of: name) else {
            throw FormatError.badHeader(
                file: file, problem: "no column \"\(name)\" among \(header.joined(separator: ", ")): is this MovieLens?"
            )
        }
        return column
    }
}
