import Foundation
import MagpieDomain
import MagpieFormats
import Testing

@Suite struct OutsideRowReaderTests {
    private func read(_ text: String, _ name: String = "t.csv", timeUnit: TimeUnit? = nil) throws -> [OutsideRow] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        let reader = try OutsideRowReader(url, timeUnit: timeUnit)
        var rows: [OutsideRow] = []
        while let row = try reader.next() { rows.append(row) }
        return rows
    }

    private let one = OutsideRow(
        entity: "sku-1", validFrom: Timestamp(milliseconds: 1_000), receivedAt: Timestamp(milliseconds: 2_000),
        values: ["stock": 12, "isNew": 1, "margin": nil])

    @Test func everyFormatSaysTheSame() throws {
        #expect(
            try read("stock,entity,received,valid_from,isNew,margin\n12,sku-1,2,1,true,\n", timeUnit: .s) == [one])
        #expect(
            try read(
                "entity\tvalid_from\treceived\tstock\tisNew\tmargin\nsku-1\t1970-01-01T00:00:01Z\t"
                    + "1970-01-01T00:00:02Z\t12\tTRUE\t\n", "t.tsv") == [one])
        #expect(
            try read(
                #"{"entity":"sku-1","validFrom":1000,"received_at":"1970-01-01T00:00:02Z","stock":12,"isNew":true,"margin":null}"#,
                "t.jsonl") == [one])
        #expect(try read(#"{"entity":7,"valid_from":1,"received":1,"x":1}"#, "t.jsonl").first?.entity == "7")
    }

    /// Each is an error that names the line and what to do.
    @Test func badFiles() throws {
        for (text, name, part) in [
            ("entity,valid_from,stock\na,1970-01-01,1\n", "t.csv", "no column \"received\""),
            ("valid_from,received,stock\n", "t.csv", "no column \"entity\""),
            ("entity,valid_from,received\n", "t.csv", "no column holds a value"),
            ("entity,valid_from,received,a b\n", "t.csv", "cannot be part of a feature's name"),
            ("", "t.csv", "empty"),
            ("entity,valid_from,received,x\n,1970-01-01,1970-01-01,1\n", "t.csv", "is empty"),
            ("entity,valid_from,received,x\na,1970-01-01,1970-01-01,many\n", "t.csv", "is not a number"),
            ("entity,valid_from,received,x\na,1970-01-01,1970-01-01,nan\n", "t.csv", "is not a number"),
            ("entity,valid_from,received,x\na,1,1970-01-01,1\n", "t.csv", "--time-unit"),
            ("entity,valid_from,received,x\na,1970-01-01,yesterday,1\n", "t.csv", "is not a time"),
            ("entity,valid_from,received,x\na,1970-01-01\n", "t.csv", "fields"),
            (#"{"entity":"a","valid_from":1,"x":1}"#, "t.jsonl", "needs"),
            (#"{"entity":"a","valid_from":1,"received":1}"#, "t.jsonl", "no value"),
            (#"{"entity":"a","valid_from":1,"received":1,"x":"y"}"#, "t.jsonl", "not a number"),
            (#"{"entity":"a","valid_from":1,"received":1,"x.y":1}"#, "t.jsonl", "feature's name"),
            ("[1]", "t.jsonl", "object"),
        ] {
            let error = #expect(throws: FormatError.self, "\(text)") { try read(text, name) }
            #expect(error?.description.contains(part) == true, "\(text): \(error?.description ?? "nothing")")
        }
        let error = #expect(throws: FormatError.self) {
            try read("entity,valid_from,received,x\na,1970-01-01,1970-01-01,1\nb,1970-01-01,1970-01-01,?\n")
        }
        #expect(error?.description.contains("3") == true)
    }

    @Test func names() {
        for good in ["a", "stock-2_B"] { #expect(OutsideRowReader.isName(good)) }
        for bad in ["", "a.b", "é", "a b", String(repeating: "a", count: 65)] { #expect(!OutsideRowReader.isName(bad)) }
    }
}
