import Foundation
import MagpieDomain
import Testing

@testable import MagpieFormats

@Suite struct LibSVMTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-libsvm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ text: String, _ name: String = "rows.txt") throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url
    }

    @Test func letorRows() throws {
        let url = try file(
            "2 qid:7 1:0.5 3:-1e-3 # docid = 12\n0 qid:7 1:3\r\n\n# nothing\n1 qid:9 0:2 3:4 #x\n0.5\tqid:9\t1:1")
        let rows = try LibSVMFile.read(url)
        #expect(rows.labels == [2, 0, 1, 0.5] && rows.groups == [0, 2, 4] && rows.requestCount == 2)
        let values: [Float] = [0, 0.5, 0, -0.001, 0, 3, 0, 0, 2, 0, 0, 4, 0, 1, 0, 0]
        #expect(rows.features.values == values && rows.features.names == ["0", "1", "2", "3"])
        let unknown = try LibSVMFile.read(url, absent: .nan, columns: 6)
        #expect(unknown.features.names.count == 6 && unknown.features[0, 0].isNaN && unknown.features[0, 1] == 0.5)
        try FileManager.default.removeItem(at: folder)
    }

    @Test func groupFiles() throws {
        let url = try file("0 1:1\n1 1:2\n2 1:3\n")
        #expect(try LibSVMFile.read(url).groups == [0, 3])
        #expect(try LibSVMFile.read(url, groups: file("1\n2\n", "q")).groups == [0, 1, 3])
        for text in ["1\n1\n", "1\n3\n", "1\n-1\n3", "1\nx\n"] {
            #expect(throws: FormatError.self) { try LibSVMFile.read(url, groups: file(text, "q")) }
        }
        #expect(try LibSVMFile.read(file("")).groups == [0])
        try FileManager.default.removeItem(at: folder)
    }

    /// What ``ExampleLines`` writes reads as the same rows, a column further on: it counts from 1.
    @Test func roundTrip() throws {
        let url = try file("2 qid:a 1:0.5 3:-0.001\n0 qid:a 1:3\n1 qid:b 0:2 3:16777217\n31 qid:b 2:1e-20\n")
        for absent in [0, Float.nan] {
            let rows = try LibSVMFile.read(url, absent: absent)
            var lines: [String] = []
            for request in 0..<rows.requestCount {
                for row in rows.groups[request]..<rows.groups[request + 1] {
                    lines.append(
                        ExampleLines.row(
                            .svm, group: request, item: "row \(row)", label: rows.labels[row],
                            values: rows.features.row(row)))
                }
            }
            let again = try LibSVMFile.read(file(lines.joined(separator: "\n"), "again"), absent: absent)
            #expect(again.labels == rows.labels && again.groups == rows.groups)
            for row in rows.labels.indices {
                #expect(
                    again.features.row(row).dropFirst().map(\.bitPattern) == rows.features.row(row).map(\.bitPattern))
            }
        }
        try FileManager.default.removeItem(at: folder)
    }

    @Test(arguments: [
        ("x 1:1", "grade"), ("-1 1:1", "grade"), ("40 1:1", "grade"), ("nan 1:1", "grade"), ("1 1", "column:value"),
        ("1 1:", "column:value"), ("1 :1", "column:value"), ("1 1:x", "column:value"), ("1 1:nan", "column:value"),
        ("1 2:1 1:1", "ascending"), ("1 1:1 1:1", "ascending"), ("1 -1:1", "ascending"), ("1 9999999:1", "ascending"),
        ("1 qid:1 1:1\n1 qid:2 1:1\n1 qid:1 1:1", "again"), ("1 qid:1 1:1\n1 1:1", "qid"),
        ("1 1:1\n1 qid:1 1:1", "qid"),
        ("1 1:1 qid:1", "column:value"),
    ]) func badRows(_ text: String, _ word: String) throws {
        let url = try file(text)
        let error = #expect(throws: FormatError.self) { try LibSVMFile.read(url) }
        #expect(error.map { "\($0)".contains(word) } ?? false, "\(text): \(error.map { "\($0)" } ?? "")")
        try FileManager.default.removeItem(at: folder)
    }

    @Test func unreadable() {
        #expect(throws: FormatError.self) { try LibSVMFile.read(folder.appendingPathComponent("nothing")) }
    }
}
