import Foundation

/// A whole file as read-only memory, mapped and not copied: pages are read when they are touched, and shared by
/// all processes that serve the same bundle.
///
/// The file must stay as it is while it is mapped. That holds for artifacts: they are written once, under another
/// name, and renamed. (Somebody who truncates a mapped file by hand ends the process; no reader can prevent it.)
/// Unchecked, for a pointer is never Sendable: the pages are read-only.
public final class MappedFile: @unchecked Sendable {
    public let url: URL
    /// The file's length in bytes, at least 1.
    public let count: Int
    /// The first byte, on a page boundary. Valid for as long as this object lives.
    @usableFromInline let base: UnsafeRawPointer

    /// Throws ``ArtifactError/cannotRead(path:got:)``, or ``ArtifactError/truncated(path:got:expected:)`` for an
    /// empty file.
    public init(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArtifactError.cannotRead(path: url.path, got: lastSystemError()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ArtifactError.cannotRead(path: url.path, got: lastSystemError())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArtifactError.cannotRead(path: url.path, got: "not a regular file")
        }
        let length = Int(status.st_size)
        guard length > 0 else { throw ArtifactError.truncated(path: url.path, got: 0, expected: "at least 8 bytes") }
        guard let address = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
            throw ArtifactError.cannotRead(path: url.path, got: lastSystemError())
        }
        LargePages.want(address, length)
        self.url = url
        count = length
        base = UnsafeRawPointer(address)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), count) }

    /// The bytes `range`, which must lie in the file.
    public func withBytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes \(range) of \(count)")
        return try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        }
    }
}

/// The text of `errno`.
func lastSystemError() -> String { String(cString: strerror(errno)) }
