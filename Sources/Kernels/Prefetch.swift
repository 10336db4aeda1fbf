import CKernels

/// Begins to read the memory at an address into the caches, for what is read in a moment: of many places that no cache
/// holds, all are then waited for at once. Never traps, whatever the address.
@inlinable public func prefetch(_ address: UnsafeRawPointer) { mk_prefetch(address) }

/// The same for elements that lie one after another, a cache line at a time.
@inlinable public func prefetch<Element: BitwiseCopyable>(_ first: UnsafePointer<Element>, count: Int) {
    let bytes = count * MemoryLayout<Element>.stride
    var at = 0
    while at < bytes {
        prefetch(UnsafeRawPointer(first) + at)
        at += 64
    }
}
