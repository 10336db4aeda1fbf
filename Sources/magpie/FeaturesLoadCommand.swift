import ArgumentParser
import Foundation
import MagpieDomain
import MagpieFormats
import MagpieSQLiteStore

/// `magpie features load`: numbers that somebody else computed, as features.
struct FeaturesLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Read a table of numbers about items or users into the home.",
        discussion: """
            CSV, tab-separated (.tsv) or JSON Lines with the columns entity (the id), valid_from (from when a row holds), \
            received (when it became known) and one a value: a number, true or false, or nothing. Training and serving \
            see the columns as table.NAME.COLUMN, joined as of each request: the newest row that held and was known by \
            then. From the next training on; new rows of a table that a bundle knows when the bundle is opened again.

            Loading a file twice changes nothing. A correction of a row needs a later received.

              magpie features load stock.csv --name stock
              magpie features load scores.jsonl --name churn --entity user
            """)

    @Argument(help: ArgumentHelp("CSV, TSV or JSON Lines.", valueName: "file"))
    var file: String

    @Option(help: "The name of the table.")
    var name: String

    @Option(help: "Whose ids stand in the column entity: item or user.")
    var entity = OutsideTable.EntityKind.item

    @Option(
        help: ArgumentHelp("What the numbers in time columns count: s, ms, us, or iso for texts.", valueName: "unit"))
    var timeUnit: TimeUnit?

    @Flag(help: "Set bad rows aside in the home's rejects folder and go on.")
    var skipBadRows = false

    @OptionGroup var home: HomeOptions
    @OptionGroup var json: JSONOption

    func run() throws {
        guard OutsideRowReader.isName(name) else { throw FeaturesError.badName(name) }
        let reader = try OutsideRowReader(URL(fileURLWithPath: file), timeUnit: timeUnit)
        let open = try home.open(create: true)
        let lock = try open.home.lock()
        defer { lock.release() }
        let rejects = RejectFile(open.home.rejectsFolder)
        var setAside = 0
        let loaded: OutsideLoadReport
        do {
            loaded = try open.store.loadOutside(table: name, entity: entity) { load in
                while true {
                    do {
                        guard let row = try reader.next() else { break }
                        do { try load.append(row) } catch StoreError.invalidOutsideRow(let problem) {
                            throw reader.badRow(problem)
                        }
                    } catch FormatError.badRow(let row) where skipBadRows {
                        try rejects.add(row)
                        setAside += 1
                    }
                }
            }
        } catch {
            rejects.discard()
            throw error
        }
        let report = Report(
            table: name, entity: entity, loaded: loaded.loaded, known: loaded.known, setAside: setAside,
            rejectFile: try rejects.close())
        if json.isOn { return try JSONOption.print(report) }
        print(
            "table \(name): \(Numbers.count(report.loaded)) rows new, \(Numbers.count(report.known)) known already, "
                + "\(Numbers.count(report.setAside)) set aside")
        if report.loaded > 0 { print("its columns are features from the next training on: magpie train") }
        if let path = report.rejectFile { print("the rows set aside, with what is wrong in each: \(path)") }
    }

    private struct Report: Encodable {
        var table: String
        var entity: OutsideTable.EntityKind
        var loaded: Int
        var known: Int
        var setAside: Int
        var rejectFile: String?
    }
}

extension OutsideTable.EntityKind: ExpressibleByArgument {}
