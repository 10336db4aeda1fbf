import Foundation
import MagpieDomain

/// A folder of GroupLens' MovieLens data (ml-latest-small, ml-latest, ml-25m, ml-32m: the CSV editions).
///
/// | file | becomes |
/// |---|---|
/// | `ratings.csv` | events of kind `rating`, value 0.5 to 5 |
/// | `tags.csv`, if there | events of kind `tag`, the tag as the property `tag` |
/// | `movies.csv` | items: `title` as it is ("Matrix, The (1999)"), `year` from it, `genres` |
/// | `links.csv`, if there | their `imdbId` and `tmdbId` |
///
/// Times are in seconds (the README of the data). The catalogue has no times of its own: the caller says from
/// when it holds, as a rule the earliest rating.
public struct MovieLensFolder: Sendable {
    public let url: URL

    public init(_ url: URL) throws {
        self.url = url
        for name in ["ratings.csv", "movies.csv"] where !Self.exists(url, name) {
            throw FormatError.cannotRead(
                file: url.path,
                reason: "no \(name) in this folder: name a MovieLens folder, or import single files")
        }
    }

    /// Ratings, then tags, in the order of the files.
    public func eventFiles() -> [URL] {
        ["ratings.csv", "tags.csv"].filter { Self.exists(url, $0) }.map { url.appendingPathComponent($0) }
    }

    public func events(_ file: URL) throws -> CSVEventReader {
        var options = EventOptions()
        options.kind = file.lastPathComponent == "tags.csv" ? "tag" : "rating"
        options.timeUnit = .s
        options.source = "movielens/" + file.lastPathComponent
        return try CSVEventReader(file, options)
    }

    public func items(validFrom: Timestamp) throws -> MovieLensItemReader {
        try MovieLensItemReader(
            movies: url.appendingPathComponent("movies.csv"),
            links: Self.exists(url, "links.csv") ? url.appendingPathComponent("links.csv") : nil, validFrom: validFrom)
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
public final class MovieLensItemReader: RowReader {
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

    public var bytesRead: Int { movies.bytesRead }
    public func badRow(_ problem: String) -> FormatError { movies.badRow(problem) }

    public func next() throws -> Revision<Item>? {
        guard try movies.next() else { return nil }
        let id = try movies.text(columns.id)
        let title = try movies.text(columns.title)
        guard !id.isEmpty else { throw movies.badRow("column \"movieId\" is empty") }
        var patch: AttributePatch = [ReservedAttribute.title: .text(title)]
        if let year = MovieLensFolder.year(ofTitle: title) { patch["year"] = .number(year) }
        let genres = try movies.text(columns.genres)
        if !genres.isEmpty, genres != "(no genres listed)" {
            patch["genres"] = .keywords(genres.split(separator: "|").map(String.init))
        }
        if let link = links[id] {
            if !link.imdb.isEmpty { patch["imdbId"] = .keyword(link.imdb) }
            if !link.tmdb.isEmpty { patch["tmdbId"] = .keyword(link.tmdb) }
        }
        return Revision(id: ItemID(id), validFrom: validFrom, receivedAt: validFrom, change: .patch(patch))
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
