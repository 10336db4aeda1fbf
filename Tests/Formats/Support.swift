import Foundation
import MagpieDomain
import MagpieFormats

/// Files in a folder of their own, gone with the test.
final class TemporaryFiles {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func write(_ text: String, _ name: String = "file.csv") throws -> URL {
        try write(Array(text.utf8), name)
    }

    func write(_ bytes: [UInt8], _ name: String = "file.csv") throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        return url
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}

extension CSVReader {
    /// All rows that are left, as texts.
    func rows() throws -> [[String]] {
        var rows: [[String]] = []
        while try next() { rows.append(try header.indices.map { try text($0) }) }
        return rows
    }
}

extension RowReader {
    /// All rows that are left; bad ones apart.
    func all() throws -> (rows: [Row], bad: [BadRow]) {
        var rows: [Row] = []
        var bad: [BadRow] = []
        while true {
            do {
                guard let row = try next() else { return (rows, bad) }
                rows.append(row)
            } catch FormatError.badRow(let row) {
                bad.append(row)
            }
        }
    }
}
