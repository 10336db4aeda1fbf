import MagpieDomain

/// 64 bits that tell whether two events with one id say the same.
///
/// The payload is every field of the caller's: not `seq` and `receivedAt`, which are ours, nor `source`, since
/// the same event may come by two roads. The id is part of it, so that (hash of the id, hash of the payload)
/// together are 128 bits over the id, as many as a generated id has itself.
struct PayloadHash {
    private var bytes: [UInt8] = []

    mutating func hash(_ event: Event) throws -> UInt64 {
        bytes.removeAll(keepingCapacity: true)
        add(event.eventId)
        add(event.kind)
        add(event.userId?.string)
        add(event.anonymousId?.string)
        add(event.sessionId)
        add(event.itemId?.string)
        add(event.value?.bitPattern)
        add(event.quantity?.bitPattern)
        add(event.unitPrice?.bitPattern)
        add(event.currency)
        add(UInt64(bitPattern: event.time.milliseconds))
        add(event.requestId?.description)
        add(event.position.map { UInt64(bitPattern: Int64($0)) })
        add(event.surface)
        add(event.query)
        add(try StoredAttributes.text(event.context))
        add(try StoredAttributes.text(event.properties))
        add(UInt64(bitPattern: Int64(event.schemaVersion)))
        return bytes.withUnsafeBytes { StableHash.xxh64($0, seed: 3) }
    }

    // A length in front of each text, 255 for nil: no two payloads make the same bytes.

    private mutating func add(_ text: String?) {
        guard let text else { return bytes.append(255) }
        let count = text.utf8.count
        if count < 254 {
            bytes.append(UInt8(count))
        } else {
            bytes.append(254)
            add(UInt64(count))
        }
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func add(_ value: UInt64?) {
        guard let value else { return bytes.append(255) }
        bytes.append(0)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
