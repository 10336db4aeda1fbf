import CKernels

/// Memory that several threads write at once, each its own part: the one place where that is allowed.
///
/// Unchecked: whoever shares it proves that the parts are disjoint (rows of a round of the skip-gram schedule, slices of a
/// counting sort); nothing here checks it. Aligned to 64 bytes, so that rows of 16 floats share no cache line.
public final class SharedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<Element>
    private let raw: UnsafeMutableRawPointer

    public init(count: Int, repeating value: Element) {
        precondition(count >= 0, "a buffer of \(count)")
        self.count = count
        let bytes = max(count * MemoryLayout<Element>.stride, 1)
        // What is read at random, and larger than what the processor can translate addresses of at once, lies in large pages
        // where there are any (docs/adr/0037).
        let isLarge = bytes >= 2 * Int(MK_LARGE_PAGE)
        raw = .allocate(
            byteCount: bytes, alignment: isLarge ? Int(MK_LARGE_PAGE) : max(64, MemoryLayout<Element>.alignment))
        if isLarge { mk_want_large_pages(raw, bytes) }
        pointer = raw.bindMemory(to: Element.self, capacity: count)
        pointer.initialize(repeating: value, count: count)
    }

    deinit { raw.deallocate() }

    @inlinable public subscript(i: Int) -> Element {
        get {
            precondition(i >= 0 && i < count, "element \(i) of \(count)")
            return pointer[i]
        }
        set {
            precondition(i >= 0 && i < count, "element \(i) of \(count)")
            pointer[i] = newValue
        }
    }

    public func array() -> [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
