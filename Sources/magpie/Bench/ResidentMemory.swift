import Foundation
import MagpieOffline

extension ResidentMemory {
    /// Bytes, after what was freed has gone back to the system; nil where there is no `/proc`.
    static func settled() -> Int? {
        trim()
        return bytes()
    }
}

/// What some pieces of work added to the resident memory, whatever is done between them.
struct MemoryGrowth {
    private(set) var bytes: Int? = 0

    mutating func counting<Result>(_ work: () throws -> Result) rethrows -> Result {
        let before = ResidentMemory.settled()
        let result = try work()
        if let before, let after = ResidentMemory.settled(), let sum = bytes {
            bytes = sum + after - before
        } else {
            bytes = nil
        }
        return result
    }
}
