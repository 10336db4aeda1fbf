import Foundation

/// A moving window on a file: whole pieces are read, and the unread rest moves to the front when more is needed.
/// Memory is one piece and the longest row.
final class FileWindow {
    static let pieceSize = 1 << 20
    /// A row that is longer has an open quote somewhere.
    static let longestRow = 1 << 24

    let name: String
    private let handle: FileHandle
    private var capacity = 2 * FileWindow.pieceSize
    private var storage: UnsafeMutablePointer<UInt8>
    private var begin = 0
    private var end = 0
    private(set) var bytesRead = 0
    private(set) var isAtEnd = false

    init(_ url: URL) throws {
        name = url.lastPathComponent
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw FormatError.cannotRead(file: url.path, reason: "no such file: check the path")
        }
        guard !isFolder.boolValue else {
            throw FormatError.cannotRead(file: url.path, reason: "is a folder: name a file in it")
        }
        guard let handle = try? FileHandle(forReadingFrom: url) else {
            throw FormatError.cannotRead(file: url.path, reason: "cannot be opened: check its permissions")
        }
        self.handle = handle
        storage = .allocate(capacity: capacity)
    }

    deinit {
        storage.deallocate()
        try? handle.close()
    }

    /// What has been read and not yet consumed. Valid until ``consume(_:)`` or ``readMore()``.
    var unread: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: storage + begin, count: end - begin)
    }

    func consume(_ count: Int) { begin += count }

    /// Whether there was more.
    func readMore() throws -> Bool {
        guard !isAtEnd else { return false }
        if end + Self.pieceSize > capacity {
            let count = end - begin
            if count + Self.pieceSize > capacity {
                let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * capacity)
                larger.update(from: storage + begin, count: count)
                storage.deallocate()
                storage = larger
                capacity *= 2
            } else {
                storage.update(from: storage + begin, count: count)
            }
            begin = 0
            end = count
        }
        let piece: Data?
        do {
            piece = try handle.read(upToCount: Self.pieceSize)
        } catch {
            throw FormatError.cannotRead(file: name, reason: "reading stopped after \(bytesRead) bytes: check the disk")
        }
        guard let piece, !piece.isEmpty else {
            isAtEnd = true
            return false
        }
        piece.copyBytes(to: storage + end, count: piece.count)
        end += piece.count
        bytesRead += piece.count
        return true
    }
}
