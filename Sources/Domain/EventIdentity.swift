/// The id of an event that came without one: 128 bits of hash over (source, user, item, kind, time, session,
/// value, ordinal among identical rows of that source), as 32 hexadecimal digits.
///
/// So a file imported twice changes nothing, and a person who honestly did the same thing twice in one
/// millisecond is counted twice, because the second row has ordinal 1.
public enum EventIdentity {
    /// The fingerprint that identical rows of one source share: the id before its ordinal.
    public static func fingerprint(_ event: Event) -> (UInt64, UInt64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96)
        append(event.source, to: &bytes)
        append(event.userId?.string, to: &bytes)
        append(event.anonymousId?.string, to: &bytes)
        append(event.itemId?.string, to: &bytes)
        append(event.kind, to: &bytes)
        append(UInt64(bitPattern: event.time.milliseconds), to: &bytes)
        append(event.sessionId, to: &bytes)
        append(event.value.map(\.bitPattern), to: &bytes)
        return bytes.withUnsafeBytes { (StableHash.xxh64($0, seed: 0), StableHash.xxh64($0, seed: 1)) }
    }

    public static func id(fingerprint: (UInt64, UInt64), ordinal: Int) -> String {
        let salt: UInt64 = UInt64(truncatingIfNeeded: ordinal) &* StableHash.p1
        return hex(fingerprint.0 ^ salt, fingerprint.1 &+ salt)
    }

    private static func hex(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 32) { digits in
            for place in 0..<32 {
                let word: UInt64 = place < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (place & 15))) & 15
                digits[place] = digit < 10 ? 48 + digit : 87 + digit
            }
            return 32
        }
    }

    /// Lengths go in front of the text (and 255 for nil), so that no two different rows make the same bytes.
    private static func append(_ text: String?, to bytes: inout [UInt8]) {
        guard let text else { return bytes.append(255) }
        append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ value: UInt64?, to bytes: inout [UInt8]) {
        guard let value else { return bytes.append(255) }
        bytes.append(0)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
