import MagpieDomain
import Testing

@Suite struct StableHashTests {
    /// From the reference library (xxHash 0.8).
    @Test(
        arguments: [
            ("", 0, 0xEF46_DB37_51D8_E999), ("a", 0, 0xD24E_C4F1_A98C_6E5B), ("abc", 0, 0x44BC_2CF5_AD77_0999),
            ("Matrix, The", 0, 0xF837_56E0_80D8_8CB3),
            ("The quick brown fox jumps over the lazy dog", 0, 0x0B24_2D36_1FDA_71BC),
            ("The quick brown fox jumps over the lazy dog", 1, 0xDF50_91B6_DAD2_C6DB),
            (String(repeating: "0123456789", count: 10), 0, 0xF80E_7B96_315A_FFFA),
        ] as [(String, UInt64, UInt64)])
    func agreesWithTheReference(text: String, seed: UInt64, expected: UInt64) {
        #expect(StableHash.xxh64(text, seed: seed) == expected)
    }

    @Test func idsAreTheirBytes() {
        let composed: ItemID = "\u{E9}"
        let decomposed: ItemID = "e\u{301}"
        #expect(composed != decomposed && composed.string == decomposed.string, "Swift's == folds them, ids do not")
        #expect(composed.key.raw == 0x17D7_57DF_B8B4_6F78 && decomposed.key.raw == 0x739D_9D42_5D70_73CE)
        #expect(decomposed < composed, "by bytes: e is before é")
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test func requestIdsAreVersion7AndSortByTime() throws {
        let early = RequestID(at: Timestamp(milliseconds: 1_000), random: (.max, .max))
        let late = RequestID(at: Timestamp(milliseconds: 2_000), random: (0, 0))
        #expect(early.description == "00000000-03e8-7fff-bfff-ffffffffffff")
        #expect(late.description == "00000000-07d0-7000-8000-000000000000")
        #expect(early.description < late.description)
        #expect(RequestID(late.description) == late && RequestID("no uuid") == nil)
    }
}
