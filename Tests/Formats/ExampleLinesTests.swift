import Testing

@testable import MagpieFormats

@Suite struct ExampleLinesTests {
    @Test func svm() {
        #expect(ExampleLines.header(.svm, features: ["a"]) == nil)
        let line = ExampleLines.row(.svm, group: 7, item: "film\n1", label: 1, values: [0.5, .nan, -2, 1e-7])
        #expect(line == "1 qid:7 1:0.5 3:-2 4:1e-07 # film1")
    }

    @Test func csv() {
        #expect(ExampleLines.header(.csv, features: ["a", "b,c"]) == "group,item,label,a,\"b,c\"")
        let line = ExampleLines.row(.csv, group: 0, item: "say \"hi\"", label: 0, values: [.nan, 3, .nan, 0.1])
        #expect(line == "0,\"say \"\"hi\"\"\",0,,3,,0.1")
    }

    /// Every float comes back as it was.
    @Test func digits() throws {
        for value: Float in [0.1, 1 / 3, 16_777_216, 1e30, -1e-30, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
            let line = ExampleLines.row(.csv, group: 0, item: "x", label: 0, values: [value])
            let text = try #require(line.split(separator: ",").last)
            #expect(Float(text) == value)
        }
    }
}
