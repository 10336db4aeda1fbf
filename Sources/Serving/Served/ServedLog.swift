import Dispatch
import Foundation
import Logging
import MagpieDomain
import ServiceLifecycle
import Synchronization

/// Keeps what was answered, off the hot path: a request appends to a bounded buffer and goes on; one thread of its
/// own writes the buffer to ``ServedSegments``.
///
/// Logging never delays or fails an answer. If the disk is slower than the traffic, lists are dropped, and counted.
public final class ServedLog: Service, Sendable {
    public struct Counts: Sendable, Equatable {
        public var written = 0
        /// Lists that found the buffer full, or could not be written.
        public var dropped = 0
    }

    private struct Buffer {
        var lists: [ServedList] = []
        var isScheduled = false
        var counts = Counts()
    }

    private let queue = DispatchQueue(label: "magpie.served", qos: .utility)
    private let buffer = Mutex(Buffer())
    private let capacity: Int
    private let logger: Logger
    /// Only ever touched on `queue`.
    private let segments: Mutex<ServedSegments>

    /// - Parameter capacity: how many lists may wait to be written.
    public init(folder: URL, limits: ServedSegments.Limits = .init(), capacity: Int = 8_192, logger: Logger) {
        self.capacity = capacity
        self.logger = logger
        segments = Mutex(ServedSegments(folder: folder, limits: limits))
    }

    public var counts: Counts { buffer.withLock { $0.counts } }

    /// Takes a list, or drops it when too many wait. Never blocks on the disk.
    func append(_ list: ServedList) {
        let mustSchedule = buffer.withLock { buffer in
            guard buffer.lists.count < capacity else {
                buffer.counts.dropped += 1
                return false
            }
            buffer.lists.append(list)
            defer { buffer.isScheduled = true }
            return !buffer.isScheduled
        }
        if mustSchedule { queue.async { self.drain() } }
    }

    /// Removes an erased person's lists from all segments.
    func forget(_ users: Set<UserKey>) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async {
                self.drain()
                continuation.resume(with: Result { try self.segments.withLock { try $0.forget(users) } })
            }
        }
    }

    /// Waits for the shutdown, then writes what is left.
    public func run() async throws {
        try? await gracefulShutdown()
        await flush()
    }

    /// Returns when everything appended so far is in the file.
    public func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.drain()
                self.segments.withLock { $0.close() }
                continuation.resume()
            }
        }
    }

    private func drain() {
        while true {
            let lists = buffer.withLock { buffer in
                defer { buffer.lists.removeAll(keepingCapacity: true) }
                if buffer.lists.isEmpty { buffer.isScheduled = false }
                return buffer.lists
            }
            if lists.isEmpty { return }
            do {
                try segments.withLock { try $0.append(lists) }
                buffer.withLock { $0.counts.written += lists.count }
            } catch {
                buffer.withLock { $0.counts.dropped += lists.count }
                logger.error("served lists were dropped", metadata: ["count": "\(lists.count)", "error": "\(error)"])
            }
        }
    }
}
