import Dispatch
import Synchronization

/// Work in independent pieces. Which thread takes which piece is left to chance, so a body may only write what
/// its own piece owns; then the result is the same for any number of threads.
public enum Parallel {
    /// Calls `body` once for each of `0 ..< count` on at most `threads` threads, and returns when all are done.
    public static func forEach(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
        forEach(count, threads: threads, scratch: {}, { piece, _ in body(piece) })
    }

    /// As ``forEach(_:threads:_:)`` with a workspace a thread. `body` leaves the workspace as it found it.
    public static func forEach<Scratch>(
        _ count: Int, threads: Int, scratch: @Sendable () -> Scratch, _ body: @Sendable (Int, inout Scratch) -> Void
    ) {
        let workers: Int = min(max(threads, 1), count)
        if workers <= 1 {
            guard count > 0 else { return }
            var workspace = scratch()
            for piece in 0..<count { body(piece, &workspace) }
            return
        }
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            var piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard piece < count else { return }
            var workspace = scratch()
            while piece < count {
                body(piece, &workspace)
                piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            }
        }
    }

    /// The results of `body` for `0 ..< count`, in that order.
    public static func map<Result: Sendable>(
        _ count: Int, threads: Int, _ body: @Sendable (Int) -> Result
    ) -> [Result] {
        map(count, threads: threads, scratch: {}, { piece, _ in body(piece) })
    }

    /// As ``map(_:threads:_:)`` with a workspace a thread.
    public static func map<Result: Sendable, Scratch>(
        _ count: Int, threads: Int, scratch: @Sendable () -> Scratch,
        _ body: @Sendable (Int, inout Scratch) -> Result
    ) -> [Result] {
        let results = Mutex<[Result?]>([Result?](repeating: nil, count: count))
        forEach(count, threads: threads, scratch: scratch) { piece, workspace in
            let result = body(piece, &workspace)
            results.withLock { $0[piece] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }
}
