import Foundation

/// What this process holds in memory, mapped files counted as far as they were touched.
enum ResidentMemory {
    /// Bytes, after what was freed has gone back to the system; nil where there is no `/proc`.
    static func bytes() -> Int? {
        trim()
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The most that it ever was, in bytes; nil where there is no `/proc`.
    static func peakBytes() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kilobytes * 1_024
    }

    /// glibc keeps freed memory for the next allocation; with it, what an index takes would be hidden in what its
    /// build had left behind. Other C libraries have no such call, and numbers are lower there.
    private static func trim() {
        typealias Trim = @convention(c) (Int) -> Int32
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }
}

/// What some pieces of work added to the resident memory, whatever is done between them.
struct MemoryGrowth {
    private(set) var bytes: Int? = 0

    mutating func counting<Result>(_ work: () throws -> Result) rethrows -> Result {
        let before = ResidentMemory.bytes()
        let result = try work()
        if let before, let after = ResidentMemory.bytes(), let sum = bytes {
            bytes = sum + after - before
        } else {
            bytes = nil
        }
        return result
    }
}
