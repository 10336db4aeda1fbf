import Foundation

/// Writes a file so that a reader, or a power cut, finds either all of it or what was there before: another name
/// in the same folder, fsync, rename, fsync of the folder.
public struct AtomicFile {
    private let descriptor: Int32
    private let path: String

    /// Throws ``ArtifactError/cannotWrite(path:got:)``; then nothing is left behind.
    public static func write(to url: URL, permissions: mode_t = 0o644, _ body: (AtomicFile) throws -> Void) throws {
        let folder = url.deletingLastPathComponent()
        let temporary = folder.appendingPathComponent(".\(url.lastPathComponent).\(getpid()).partial").path
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw ArtifactError.cannotWrite(path: url.path, got: lastSystemError()) }
        do {
            defer { close(descriptor) }
            try body(AtomicFile(descriptor: descriptor, path: url.path))
            guard fsync(descriptor) == 0 else {
                throw ArtifactError.cannotWrite(path: url.path, got: lastSystemError())
            }
            LargePages.letGo(descriptor)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, url.path) == 0 else {
            let reason = lastSystemError()
            unlink(temporary)
            throw ArtifactError.cannotWrite(path: url.path, got: reason)
        }
        try syncFolder(folder)
    }

    public static func write(_ bytes: [UInt8], to url: URL) throws {
        try write(to: url) { file in try bytes.withUnsafeBytes { try file.append($0) } }
    }

    /// Appends bytes to the file that is being written.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            // Linux writes at most 0x7ffff000 bytes a call; smaller pieces let the write-back start early.
            let written = Foundation.write(descriptor, start, min(rest.count, 1 << 26))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw ArtifactError.cannotWrite(path: path, got: lastSystemError()) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Makes a rename in this folder survive a power cut.
    static func syncFolder(_ folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ArtifactError.cannotWrite(path: folder.path, got: lastSystemError()) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw ArtifactError.cannotWrite(path: folder.path, got: lastSystemError())
        }
    }
}
