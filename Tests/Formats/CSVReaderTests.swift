import Foundation
import MagpieFormats
import MagpieTestSupport
import Testing

@Suite struct CSVReaderTests {
    /// Random tables through a writer that quotes when it must, and sometimes when it need not.
    @Test(arguments: 0..<40)
    func randomTablesComeBack(seed: Int) throws {
        let files = try TemporaryFiles()
        var numbers = SeededNumbers(UInt64(seed))
        let separator: Character = Bool.random(using: &numbers) ? "," : "\t"
        let lineEnd = Bool.random(using: &numbers) ? "\n" : "\r\n"
        let columns = Int.random(in: 1...5, using: &numbers)
        let pieces = ["a", "é", "\"", ",", "\t", "\n", "\r\n", " ", "x\"y", "", "0", "\u{1F3AC}", "\r"]
        var rows: [[String]] = []
        for _ in 0..<Int.random(in: 0...30, using: &numbers) {
            rows.append(
                (0..<columns).map { _ in
                    (0..<Int.random(in: 0...4, using: &numbers)).map { _ in
                        pieces.randomElement(using: &numbers) ?? ""
                    }.joined()
                })
        }
        let header = (0..<columns).map { "column\($0)" }
        var text = Bool.random(using: &numbers) ? "\u{FEFF}" : ""
        for row in [header] + rows {
            let cells = row.map { cell in
                let must =
                    columns == 1 && cell.isEmpty || cell.utf8.contains { [10, 13, 34].contains($0) }
                    || cell.contains(separator)
                guard must || Int.random(in: 0..<4, using: &numbers) == 0 else { return cell }
                return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
            }
            text += cells.joined(separator: String(separator)) + lineEnd
            if Int.random(in: 0..<6, using: &numbers) == 0 { text += lineEnd }
        }
        if Bool.random(using: &numbers), text.hasSuffix(lineEnd) { text.removeLast() }
        let url = try files.write(text, separator == "," ? "t.csv" : "t.tsv")
        let reader = try CSVReader(url)
        #expect(reader.header == header)
        #expect(try reader.rows() == rows)
    }

    @Test func rowsLieAcrossPiecesOfTheFile() throws {
        let files = try TemporaryFiles()
        var text = "id,text\n"
        var expected: [[String]] = []
        for row in 0..<60_000 {
            let cell = row % 1000 == 0 ? String(repeating: "long \"\"\n", count: 5000) : "some text \(row)"
            expected.append(["\(row)", cell.replacingOccurrences(of: "\"\"", with: "\"")])
            text += "\(row),\"\(cell)\"\n"
        }
        let reader = try CSVReader(try files.write(text))
        #expect(try reader.rows() == expected)
        #expect(reader.bytesRead == text.utf8.count)
    }

    @Test func errorsNameTheLineAndLeaveTheRest() throws {
        let files = try TemporaryFiles()
        let reader = try CSVReader(try files.write("a,b\n1,\"two\nlines\"\n3\n4,5,6\n\n7,\"x\"y\n8,9\r\n"))
        #expect(try reader.next())
        for (line, problem, text) in [
            (4, "the row has 1 field, expected 2", "3"), (5, "the row has 3 fields, expected 2", "4,5,6"),
            (7, "column \"b\": text after the closing quote", "7,\"x\"y"),
        ] {
            let error = #expect(throws: FormatError.self) { try reader.next() }
            #expect(error == .badRow(BadRow(file: "file.csv", line: line, problem: problem, text: text)))
            #expect(error?.description.hasPrefix("file.csv:\(line): ") == true)
            #expect(error?.description.contains("--skip-bad-rows") == true)
        }
        #expect(try reader.rows() == [["8", "9"]])
    }

    @Test func anOpenQuoteIsNotSkippable() throws {
        let files = try TemporaryFiles()
        let reader = try CSVReader(try files.write("a,b\n1,2\n3,\"open\n5,6\n"))
        #expect(try reader.next())
        let error = #expect(throws: FormatError.self) { try reader.next() }
        guard case .unreadable(_, 3, let problem) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(problem.contains("close it"))
    }

    @Test func badFilesAreErrorsWithARemedy() throws {
        let files = try TemporaryFiles()
        func message(_ url: URL) -> String {
            do {
                let reader = try CSVReader(url)
                while try reader.next() { for column in reader.header.indices { _ = try reader.text(column) } }
                return ""
            } catch { return "\(error)" }
        }
        #expect(message(files.folder.appendingPathComponent("none.csv")).contains("no such file: check the path"))
        #expect(message(files.folder).contains("is a folder"))
        #expect(message(try files.write("")).contains("file.csv:1: the file is empty"))
        #expect(message(try files.write([0xC3, 0x28, 44, 97, 10])).hasPrefix("file.csv:1: the header is not UTF-8"))
        #expect(message(try files.write("\"a\"b,c\n1,2\n")).contains("correct the header"))
        #expect(message(try files.write("a,b,a\n")).contains("two columns are named \"a\""))
        #expect(message(try files.write([0xFF, 0xFE, 97, 0])).contains("convert it to UTF-8"))
        #expect(
            message(try files.write(Array("a\nx".utf8) + [0xC3, 10])).contains("file.csv:2: column \"a\" is not UTF-8"))
    }

    /// Whatever the bytes, reading ends and does not trap.
    @Test(arguments: 0..<30)
    func noiseNeverTraps(seed: Int) throws {
        let files = try TemporaryFiles()
        var numbers = SeededNumbers(UInt64(seed))
        let alphabet: [UInt8] = [34, 44, 10, 13, 97, 34, 44, 0xC3, 0]
        let bytes = (0..<2000).map { _ in alphabet.randomElement(using: &numbers) ?? 0 }
        guard let reader = try? CSVReader(try files.write(bytes), header: ["a", "b"]) else { return }
        for _ in 0..<3000 {
            do {
                guard try reader.next() else { break }
                _ = try reader.text(1)
            } catch FormatError.badRow { continue } catch { break }
        }
    }
}
