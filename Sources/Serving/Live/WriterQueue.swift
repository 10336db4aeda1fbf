import Dispatch
import Foundation
import Synchronization

/// One thread of its own for work that blocks (SQLite, opening files), in order of arrival: the writer of a home.
///
/// Handlers run on Swift's few cooperative threads, which must not wait for a disk. That one closure runs after the
/// other is also what makes one writer: whoever is on this queue may append and fold.
final class WriterQueue: Sendable {
    private let queue: DispatchQueue
    private let waiting = Mutex(0)
    private let limit: Int

    /// - Parameter limit: more waiting calls than this are refused: their bodies are held in memory.
    init(label: String, limit: Int = 256) {
        queue = DispatchQueue(label: label)
        self.limit = limit
    }

    /// Runs `body` when all earlier calls are done, and waits for nothing.
    /// - Parameter delay: not before so long.
    func start(after delay: Duration = .zero, _ body: @escaping @Sendable () -> Void) {
        if delay == .zero { return queue.async(execute: body) }
        queue.asyncAfter(deadline: .now() + delay / .seconds(1), execute: body)
    }

    /// Runs `body` when all earlier calls are done. Throws ``APIError/overloaded`` when too many wait.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let isFull = waiting.withLock { waiting in
            guard waiting < limit else { return true }
            waiting += 1
            return false
        }
        if isFull { throw APIError.overloaded }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                let result = Result { try body() }
                waiting.withLock { $0 -= 1 }
                continuation.resume(with: result)
            }
        }
    }
}

/// Runs blocking work that needs no order on a thread that may wait.
func offload<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global(qos: .utility).async { continuation.resume(with: Result { try body() }) }
    }
}

/// Runs seconds of work on a thread of its own, which those that answer go before: it gets what processor time they leave.
func offloadBehind<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            #if os(Linux)
                // On Linux of this thread alone. There is no way back, so the thread ends with its work.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
            #endif
            continuation.resume(with: Result { try body() })
        }
        thread.name = "magpie.behind"
        thread.stackSize = 8 << 20
        thread.start()
    }
}
