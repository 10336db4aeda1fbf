import Foundation
import MagpieDomain
import MagpieFormats
import MagpieSQLiteStore

/// What an import was told.
struct ImportPlan {
    var content: ImportContent
    var events: EventOptions
    var catalogue: CatalogueOptions
    /// Types that the caller named.
    var declared: [String: AttributeType]
    var skipBadRows: Bool
}

/// Pumps the rows of files into one bulk load.
final class Importer {
    private let store: SQLiteStore
    private let plan: ImportPlan
    private let rejects: RejectFile
    private let progress = ProgressBar()
    private var files: [ImportReport.File] = []

    init(store: SQLiteStore, rejects folder: URL, plan: ImportPlan) {
        self.store = store
        self.plan = plan
        rejects = RejectFile(folder)
    }

    /// Before anything is opened or made: whether there is something to read.
    static func check(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FormatError.cannotRead(file: path, reason: "no such file or folder: check the path")
        }
        if isFolder.boolValue { _ = try MovieLensFolder(url) }
    }

    func run(_ paths: [String]) throws -> ImportReport {
        let clock = ContinuousClock()
        let began = clock.now
        defer { progress.end() }
        let loaded: LoadReport
        do {
            loaded = try store.bulkLoad { load in
                switch plan.content {
                case .events: break
                case .items: try load.declare(items: plan.declared)
                case .users: try load.declare(users: plan.declared)
                }
                let identifier = EventIdentifier()
                for path in paths { try read(URL(fileURLWithPath: path), into: load, identifier) }
                progress.begin("indexing")
            }.report
        } catch {
            rejects.discard()
            throw error
        }
        let rejected = try rejects.close()
        return ImportReport(
            files: files, events: loaded.events, itemRevisions: loaded.itemRevisions,
            userRevisions: loaded.userRevisions, rejectFile: rejected, seconds: (clock.now - began).seconds)
    }

    private func read(_ url: URL, into load: BulkLoad, _ identifier: borrowing EventIdentifier) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
            return try readMovieLens(url, into: load, identifier)
        }
        switch plan.content {
        case .events where FileKind.isJSONLines(url):
            try readEvents(JSONEventReader(url, plan.events), url, into: load, identifier)
        case .events: try readEvents(CSVEventReader(url, plan.events), url, into: load, identifier)
        case .items: try pump(CatalogueReader(items: url, plan.catalogue), url) { try load.append($0) }
        case .users: try pump(CatalogueReader(users: url, plan.catalogue), url) { try load.append($0) }
        }
    }

    private func readMovieLens(_ url: URL, into load: BulkLoad, _ identifier: borrowing EventIdentifier) throws {
        let folder = try MovieLensFolder(url)
        var earliest: Timestamp?
        for file in folder.eventFiles() {
            let time = try readEvents(folder.events(file), file, into: load, identifier)
            earliest = [earliest, time].compactMap { $0 }.min()
        }
        // The catalogue has no times: it counts as known from the first rating on.
        let known = earliest ?? Timestamp(milliseconds: 0)
        try pump(folder.items(validFrom: known), folder.itemFile) { try load.append($0) }
        if let file = folder.userFile { try pump(folder.users(file, validFrom: known), file) { try load.append($0) } }
    }

    /// - Returns: the earliest time in the file.
    @discardableResult
    private func readEvents(
        _ reader: any RowReader<Event>, _ url: URL, into load: BulkLoad, _ identifier: borrowing EventIdentifier
    ) throws -> Timestamp? {
        var earliest: Timestamp?
        try pump(reader, url) { row in
            var event = row
            identifier.identify(&event)
            try load.append(event)
            earliest = min(earliest ?? event.time, event.time)
        }
        return earliest
    }

    private func pump<Row>(
        _ reader: any RowReader<Row>, _ url: URL, _ receive: (Row) throws -> Void
    ) throws {
        let size = (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
        progress.begin("reading \(url.lastPathComponent)")
        var file = ImportReport.File(name: url.lastPathComponent, rows: 0, setAside: 0)
        while true {
            do {
                guard let row = try reader.next() else { break }
                do {
                    try receive(row)
                } catch let error as CatalogueError {
                    throw reader.badRow(error.description)
                } catch StoreError.invalidEvent(_, let problem) {
                    throw reader.badRow(problem)
                } catch StoreError.invalidAttribute(let name, let problem) {
                    throw reader.badRow("attribute \"\(name)\": \(problem)")
                }
                file.rows += 1
                if file.rows & 0xFFF == 0, size > 0 { progress.update(Double(reader.bytesRead) / Double(size)) }
            } catch FormatError.badRow(let row) where plan.skipBadRows {
                try rejects.add(row)
                file.setAside += 1
            }
        }
        files.append(file)
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
