import GRDB
import MagpieDomain

/// What can go wrong between the store and its file or its caller. (What a catalogue refuses is
/// ``CatalogueError``.)
public enum StoreError: Error, Equatable, CustomStringConvertible {
    case notADatabase(path: String)
    case newerSchema(path: String, got: Int, expected: Int)
    case cannotOpen(path: String, reason: String)
    case busy(path: String)
    case invalidEvent(id: String, problem: String)
    case invalidAttribute(name: String, problem: String)
    case invalidOutsideRow(problem: String)
    case outsideEntity(table: String, got: String, expected: String)
    case unreadableRow(table: String, seq: Int64, problem: String)
    case sqlite(code: Int32, message: String)

    public var description: String {
        switch self {
        case .notADatabase(let path):
            "\(path): not an SQLite database: restore it from a backup, or name another home with --home"
        case .newerSchema(let path, let got, let expected):
            "\(path): written by a newer Magpie (layout \(got), this one knows up to \(expected)): "
                + "use that version, or another home with --home"
        case .cannotOpen(let path, let reason): "\(path): cannot be opened: \(reason)"
        case .busy(let path): "\(path): another process is writing: wait for it to end, then run this again"
        case .invalidEvent(let id, let problem): "event \"\(id)\": \(problem)"
        case .invalidAttribute(let name, let problem): "attribute \"\(name)\": \(problem)"
        case .invalidOutsideRow(let problem): problem
        case .outsideEntity(let table, let got, let expected):
            "table \"\(table)\" is about \(expected)s, got rows of \(got)s: give them another --name"
        case .unreadableRow(let table, let seq, let problem):
            "table \(table), row \(seq): \(problem): restore the database from a backup"
        case .sqlite(let code, let message):
            "SQLite error \(code): \(message): check the disk's free space and the home's permissions"
        }
    }
}

extension StoreError {
    /// GRDB's errors in this room's words, or in the house's (``NotKeptError``); anything else as it is.
    static func translated(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        if unwritten.contains(error.extendedResultCode) || error.resultCode == .SQLITE_FULL {
            return NotKeptError(path: path, reason: error.message ?? "the disk is full")
        }
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: return StoreError.notADatabase(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: return StoreError.busy(path: path)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return StoreError.cannotOpen(path: path, reason: error.message ?? "no permission")
        default:
            return StoreError.sqlite(code: error.extendedResultCode.rawValue, message: error.message ?? "no message")
        }
    }

    /// What a disk that takes no more looks like to SQLite, beside SQLITE_FULL.
    private static let unwritten: [ResultCode] = [
        .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC, .SQLITE_IOERR_TRUNCATE,
        .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMMAP,
    ]
}
