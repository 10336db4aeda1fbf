import Foundation
import MagpieDomain
import MagpieFormats

/// Rows that made no sense, kept for whoever corrects them: JSON Lines of file, line, problem and the row's text.
/// It gets its name when the import it belongs to has succeeded.
final class RejectFile {
    private let folder: URL
    private let temporary: URL
    private var handle: FileHandle?
    private var pending: [UInt8] = []

    init(_ folder: URL) {
        self.folder = folder
        temporary = folder.appendingPathComponent(".import.partial")
    }

    func add(_ row: BadRow) throws {
        if handle == nil {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data().write(to: temporary)
            handle = try FileHandle(forWritingTo: temporary)
        }
        JSONTree.object([
            .init("file", .string(row.file)), .init("line", .number(Double(row.line))),
            .init("problem", .string(row.problem)), .init("text", .string(row.text)),
        ]).append(to: &pending)
        pending.append(UInt8(ascii: "\n"))
        if pending.count > 1 << 16 { try flush() }
    }

    private func flush() throws {
        try handle?.write(contentsOf: Data(pending))
        pending.removeAll(keepingCapacity: true)
    }

    /// - Returns: the path of the file, nil when no row was bad.
    func close() throws -> String? {
        guard let handle else { return nil }
        try flush()
        try handle.close()
        self.handle = nil
        let stamp = Timestamp.now.iso8601.filter { $0.isNumber || $0 == "T" }
        var url = folder.appendingPathComponent("import-\(stamp).jsonl")
        var number = 2
        while FileManager.default.fileExists(atPath: url.path) {
            url = folder.appendingPathComponent("import-\(stamp)-\(number).jsonl")
            number += 1
        }
        try FileManager.default.moveItem(at: temporary, to: url)
        return url.path
    }

    func discard() {
        guard handle != nil else { return }
        try? handle?.close()
        handle = nil
        try? FileManager.default.removeItem(at: temporary)
    }
}
