import CKernels

/// Begins to read the memory at an address into the caches, for what is read in a moment: of many places that no cache
/// holds, all are then waited for at once. Never traps, whatever the address.
@inlinable public func prefetch(_ address: UnsafeRawPointer) { mk_prefetch(address) }
