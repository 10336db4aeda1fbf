import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieFormats
import MagpieSQLiteStore

/// `magpie import`: other people's files into the home's log and catalogue, all of them or none.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read events, items or users from files into the home.",
        discussion: """
            A folder is read as MovieLens data (ratings, tags, movies, links). A file is CSV (.csv), tab-separated
            (.tsv) or JSON Lines (.jsonl), and holds events unless --items or --users is said. Columns are known by
            their usual names (user_id, movieId, rating, timestamp, ...) or by --column.

            Importing a file twice changes nothing. All paths of one call are one transaction: after an error
            nothing of them is in the home.

              magpie import ml-latest-small
              magpie import clicks.csv --kind click --time-unit ms
              magpie import ratings.tsv --columns user,item,rating,timestamp --time-unit s
              magpie import shop.csv --items --column id=sku --attribute tags=keywords
              magpie import events.jsonl people.jsonl
            """)

    @Argument(help: ArgumentHelp("Files, or MovieLens folders.", valueName: "path"))
    var paths: [String]

    @Flag(exclusivity: .exclusive, help: "What the files hold.")
    var content = ImportContent.events

    @Option(
        name: .customLong("column"),
        help: ArgumentHelp(
            "Which column is which field or attribute, e.g. itemId=movie. May be repeated.", valueName: "field=column"))
    var columnNames: [String] = []

    @Option(help: ArgumentHelp("The columns of a file without a header line, in order.", valueName: "a,b,..."))
    var columns: String?

    @Option(help: ArgumentHelp("What happened, where no column says.", valueName: "kind"))
    var kind: String?

    @Option(
        help: ArgumentHelp("What the numbers in time columns count: s, ms, us, or iso for texts.", valueName: "unit"))
    var timeUnit: TimeUnit?

    @Option(
        help: ArgumentHelp("The column that says when an event was received (default: its time).", valueName: "column"))
    var receivedAt: String?

    @Option(help: ArgumentHelp("The name of the source in the log (default: the file's name).", valueName: "name"))
    var source: String?

    @Option(
        name: .customLong("attribute"),
        help: ArgumentHelp(
            "The type of an attribute: keyword, keywords, text(en), number, bool, time, geo, vector(64). May be repeated.",
            valueName: "name=type"))
    var attributeTypes: [String] = []

    @Option(help: ArgumentHelp("What stands between the parts of one cell of keywords.", valueName: "character"))
    var separator = "|"

    @Option(
        help: ArgumentHelp("What stands between cells (default: tab for .tsv, else a comma).", valueName: "character"))
    var delimiter: String?

    @Option(
        help: ArgumentHelp(
            "From when items or users hold that do not say (default: the start of the log for the first import, then now).",
            valueName: "time"))
    var knownSince: String?

    @Flag(help: "Set bad rows aside in the home's rejects folder and go on.")
    var skipBadRows = false

    @OptionGroup var home: HomeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("name at least one file or folder") }
        _ = try plan(types: [:], knownSince: .now)
    }

    func run() throws {
        for path in paths { try Importer.check(path) }
        let open = try home.open(create: true)
        let lock = try open.home.lock()
        defer { lock.release() }
        let types =
            switch content {
            case .events: [String: AttributeType]()
            case .items: try open.store.itemSchema()
            case .users: try open.store.userSchema()
            }
        let importer = Importer(
            store: open.store, rejects: open.home.rejectsFolder,
            plan: try plan(types: types, knownSince: try defaultKnownSince(open.store)))
        let report = try importer.run(paths)
        if json.isOn { try JSONOption.print(report) } else { print(report.text) }
    }

    /// A first catalogue counts as known from the start of the log, so that past requests can be replayed with it;
    /// later changes hold from now.
    private func defaultKnownSince(_ store: SQLiteStore) throws -> Timestamp {
        let isFirst =
            switch content {
            case .events: false
            case .items: try store.lastItemSeq() == 0
            case .users: try store.userSchema().isEmpty
            }
        // The log is read for its beginning only when that is what counts.
        return isFirst ? try store.extent()?.earliest ?? Timestamp(milliseconds: 0) : .now
    }

    private func plan(types known: [String: AttributeType], knownSince defaultMoment: Timestamp) throws -> ImportPlan {
        var events = EventOptions()
        let named = try pairs(columnNames, "--column", "itemId=movie")
        let header = columns?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        events.columns = named
        events.header = header
        events.kind = kind
        events.timeUnit = timeUnit
        events.receivedAt = receivedAt
        events.source = source
        events.separator = try delimiter.map { try byte($0, "--delimiter") }

        var moment = defaultMoment
        if let knownSince {
            guard let time = Timestamp(iso8601: knownSince) else {
                throw ValidationError("--known-since is \"\(knownSince)\", expected a time like 2026-11-24T08:30:00Z")
            }
            moment = time
        }
        var catalogue = CatalogueOptions(validFrom: moment, receivedAt: moment)
        catalogue.columns = named
        catalogue.header = header
        catalogue.timeUnit = timeUnit
        catalogue.separator = events.separator
        guard let character = separator.first, separator.count == 1 else {
            throw ValidationError("--separator is \"\(separator)\", expected one character")
        }
        catalogue.listSeparator = character
        var declared: [String: AttributeType] = [:]
        let told = try pairs(attributeTypes, "--attribute", "genres=keywords")
        for name in told.keys.sorted() {
            guard let type = AttributeType(told[name] ?? "") else {
                throw ValidationError(
                    "--attribute \(name)=\(told[name] ?? ""): expected keyword, keywords, text(en), number, bool, "
                        + "time, geo or vector(64)")
            }
            declared[name] = type
        }
        catalogue.types = known.merging(declared) { _, told in told }
        return ImportPlan(
            content: content, events: events, catalogue: catalogue, declared: declared, skipBadRows: skipBadRows)
    }

    private func pairs(_ texts: [String], _ flag: String, _ example: String) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for text in texts {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex,
                text.index(after: equals) < text.endIndex
            else { throw ValidationError("\(flag) is \"\(text)\", expected e.g. \(example)") }
            pairs[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return pairs
    }

    private func byte(_ text: String, _ flag: String) throws -> UInt8 {
        if text == "\\t" || text == "tab" { return UInt8(ascii: "\t") }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte != 10, byte != 13, byte != 34 else {
            throw ValidationError("\(flag) is \"\(text)\", expected one ASCII character, or tab")
        }
        return byte
    }
}

enum ImportContent: String, EnumerableFlag {
    case events, items, users
}

extension TimeUnit: ExpressibleByArgument {}
