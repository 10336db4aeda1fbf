import MagpieDomain

/// Gives the events of ONE import their ids: the same file gives the same ids, and the second of two identical
/// rows has an id of its own (ordinal 1), see ``EventIdentity``.
///
/// Ordinals count within this value, from 0, so make one per import and pass it every row in the file's order.
/// Not for live events: two honest clicks in one millisecond would come as two imports; give those a
/// ``RequestID``. Memory: 12 bytes a slot, 200 MB for ten million rows.
public struct EventIdentifier: ~Copyable {
    private let ordinals = FingerprintTable<UInt32>(empty: 0)

    public init() {}

    /// Sets `eventId` if it is empty.
    public func identify(_ event: inout Event) {
        guard event.eventId.isEmpty else { return }
        let fingerprint = EventIdentity.fingerprint(event)
        // Should two different rows share these 64 bits, one gets ordinal 1: still its own id, and the same
        // one at the next import.
        let ordinal = ordinals.slot(for: fingerprint.0).value
        event.eventId = EventIdentity.id(fingerprint: fingerprint, ordinal: Int(ordinal.pointee))
        ordinal.pointee += 1
    }
}
