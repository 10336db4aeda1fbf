import Foundation

/// The right to write to a part of a home: `flock` on its file `lock` (log and catalogue), `training-lock` (work and
/// bundles) or `keys-lock` (keys.json), so that the system takes it back when the process ends,
/// however it ends. The file holds the process id of whoever has it, or had it last.
public final class WriterLock: Sendable {
    public static let name = "lock"
    public static let trainingName = "training-lock"
    public static let keysName = "keys-lock"

    private let descriptor: Int32

    /// Throws ``ArtifactError/locked(path:holder:)`` at once, without waiting, when somebody else has it.
    /// - Parameter isShared: others who share it may have it as well, and nobody who wants it alone.
    init(_ url: URL, isShared: Bool = false) throws {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ArtifactError.cannotWrite(path: url.path, got: lastSystemError()) }
        guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            let code = errno
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else {
                throw ArtifactError.cannotWrite(path: url.path, got: String(cString: strerror(code)))
            }
            let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
            let holder = Int(text.filter(\.isNumber)).map { "process \($0)" } ?? "process unknown"
            throw ArtifactError.locked(path: url.path, holder: holder)
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let reason = lastSystemError()
            close(descriptor)
            throw ArtifactError.cannotWrite(path: url.path, got: reason)
        }
        self.descriptor = descriptor
    }

    /// Gives it back now rather than when the last reference goes. Harmless when repeated.
    public func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
