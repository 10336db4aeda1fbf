import Foundation
import Synchronization

/// What this process holds in memory, mapped files counted as far as they were touched.
public enum ResidentMemory {
    /// Bytes; nil where there is no `/proc`.
    public static func bytes() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The most bytes that this process has held so far; nil where there is no `/proc`.
    public static func peak() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kilobytes * 1_024
    }

    /// Gives back to the system what was freed. glibc keeps it for the next allocation: what one stage took would be held
    /// through all later ones. Other C libraries have no such call.
    public static func trim() {
        typealias Trim = @convention(c) (Int) -> Int32
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }
}

/// The most memory held from one moment to another. The system only knows the most since the process began, so this
/// looks every 20 ms.
final class MemoryWatch: Sendable {
    private let state = Mutex((most: ResidentMemory.bytes(), isOver: false))

    init() {
        guard state.withLock({ $0.most != nil }) else { return }
        let thread = Thread { [weak self] in
            while self?.look() == true { usleep(20_000) }
        }
        thread.start()
    }

    /// Ends the watch; nil where the system does not tell.
    func end() -> Int? {
        _ = look()
        return state.withLock {
            $0.isOver = true
            return $0.most
        }
    }

    /// Whether to look again.
    private func look() -> Bool {
        let bytes = ResidentMemory.bytes() ?? 0
        return state.withLock {
            $0.most = $0.most.map { max($0, bytes) }
            return !$0.isOver
        }
    }
}
