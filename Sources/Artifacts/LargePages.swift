import Foundation

/// Asks the kernel to keep large files in pages of 2 MB instead of 4 kB (docs/adr/0037).
///
/// A request over a million items reads thousands of places of files that are far larger than what the processor can
/// translate addresses of at once. With large pages each of them takes a third less time. The kernel decides about the
/// size when it reads a part of a file in, so the wish must be known before: what was read in small pages stays small
/// for as long as it is cached. Kernels and file systems that cannot do it ignore the wish.
enum LargePages {
    /// A smaller file gains nothing. A larger one may not fit into memory, and then each of its pages that is
    /// read in pushes out as much of another.
    private static let sizes = least...max(least, Int(clamping: ProcessInfo.processInfo.physicalMemory / 4))
    private static let least = 4 << 20
    /// MADV_POPULATE_READ of Linux 5.14; the C library of Debian 11 does not know it.
    private static let populateRead: Int32 = 22

    /// A mapping that nothing was read through yet.
    static func want(_ address: UnsafeMutableRawPointer, _ length: Int) {
        if sizes.contains(length) { _ = madvise(address, length, MADV_HUGEPAGE) }
    }

    /// Reads a file in that is not cached yet, before somebody reads all of it in small pieces. An error is left for the one who reads.
    static func readIn(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, sizes.contains(Int(status.st_size)) else { return }
        let length = Int(status.st_size)
        guard let address = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
            return
        }
        want(address, length)
        _ = madvise(address, length, populateRead)
        munmap(address, length)
    }

    /// Drops what was written and fsynced from the cache, where it lies in the pieces it was written in.
    static func letGo(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, sizes.contains(Int(status.st_size)) else { return }
        _ = posix_fadvise(descriptor, 0, 0, Int32(POSIX_FADV_DONTNEED))
    }
}
