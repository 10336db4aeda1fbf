import CKernels
import Foundation

/// Memory of which every byte is 0 until it is written to, and which takes no room before that: for large tables that fill up
/// as they are used. Aligned to a page.
///
/// Unchecked: whoever shares it sees to it that what several threads touch is atomic.
public final class ZeroedMemory: @unchecked Sendable {
    public let pointer: UnsafeMutableRawPointer
    private let byteCount: Int

    /// - Returns: nil where the system has no such room.
    public init?(byteCount: Int) {
        precondition(byteCount > 0, "memory of \(byteCount) bytes")
        guard
            let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            address != MAP_FAILED
        else { return nil }
        if byteCount >= 2 * Int(MK_LARGE_PAGE) { mk_want_large_pages(address, byteCount) }
        pointer = address
        self.byteCount = byteCount
    }

    deinit { munmap(pointer, byteCount) }
}
