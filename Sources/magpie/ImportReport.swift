import MagpieDomain

/// What an import did.
struct ImportReport: Encodable {
    struct File: Encodable {
        var name: String
        var rows: Int
        var setAside: Int
    }

    var files: [File]
    var newEvents: Int
    var knownEvents: Int
    var conflicts: Int
    var conflictExamples: [String]
    var erasedEvents: Int
    var itemRevisions: Int
    var userRevisions: Int
    var rejectFile: String?
    var seconds: Double

    init(
        files: [File], events: AppendReport, itemRevisions: Int, userRevisions: Int, rejectFile: String?,
        seconds: Double
    ) {
        self.files = files
        newEvents = events.appended
        knownEvents = events.duplicates
        conflicts = events.conflicts
        conflictExamples = events.conflictExamples
        erasedEvents = events.erased
        self.itemRevisions = itemRevisions
        self.userRevisions = userRevisions
        self.rejectFile = rejectFile
        self.seconds = seconds
    }

    private var rows: Int { files.reduce(0) { $0 + $1.rows + $1.setAside } }

    var text: String {
        var table = Table([.text("file"), .number("rows"), .number("set aside")])
        for file in files { table.add([file.name, Numbers.count(file.rows), Numbers.count(file.setAside)]) }
        var lines = [table.text(), ""]
        if newEvents + knownEvents + conflicts + erasedEvents > 0 {
            lines.append("events  \(Numbers.count(newEvents)) new, \(Numbers.count(knownEvents)) known already")
        }
        if itemRevisions > 0 { lines.append("items   \(Numbers.count(itemRevisions)) new or changed") }
        if userRevisions > 0 { lines.append("users   \(Numbers.count(userRevisions)) new or changed") }
        if newEvents + itemRevisions + userRevisions == 0 { lines.append("nothing changed") }
        let rate = Numbers.count(Int(Double(rows) / max(seconds, 1e-3)))
        lines.append("time    \(Numbers.seconds(seconds)), \(rate) rows a second")
        if conflicts > 0 {
            let examples = conflictExamples.prefix(3).joined(separator: ", ")
            lines.append(
                Style.yellow("\(Numbers.count(conflicts)) rows have the id of an event that says something else; ")
                    + "the first stays: \(examples)")
        }
        if erasedEvents > 0 {
            lines.append("\(Numbers.count(erasedEvents)) events left out: their users were erased")
        }
        if let rejectFile { lines.append("the rows set aside, with what is wrong in each: \(rejectFile)") }
        return lines.joined(separator: "\n")
    }
}
