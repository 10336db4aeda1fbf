/// The k best of many: a heap of k with the worst on top. Order is total: larger score first, then smaller id.
///
///     var best = TopK(2)
///     best.offer(7, 0.5); best.offer(3, 0.5); best.offer(9, 0.1)
///     best.sorted()   // (3, 0.5), (7, 0.5)
///
/// A NaN never enters: it means "no opinion".
public struct TopK: Sendable {
    public let limit: Int
    @usableFromInline var heap: [Entry] = []

    @usableFromInline struct Entry: Sendable {
        @usableFromInline var id: UInt32
        @usableFromInline var score: Float

        @inlinable init(id: UInt32, score: Float) {
            self.id = id
            self.score = score
        }

        /// Whether `a` stands behind `b` in the ranked list.
        @inlinable static func isWorse(_ a: Entry, _ b: Entry) -> Bool {
            a.score < b.score || (a.score == b.score && a.id > b.id)
        }
    }

    public init(_ k: Int) {
        limit = max(k, 0)
        heap.reserveCapacity(min(limit, 4096))
    }

    @inlinable public var count: Int { heap.count }

    /// What a score must reach to enter; minus infinity while there is room.
    @inlinable public var threshold: Float { heap.count < limit ? -.infinity : heap.first?.score ?? .infinity }

    @inlinable public mutating func offer(_ id: UInt32, _ score: Float) {
        if score.isNaN { return }
        let entry = Entry(id: id, score: score)
        if heap.count < limit {
            heap.append(entry)
            rise()
        } else if limit > 0, Entry.isWorse(heap[0], entry) {
            heap[0] = entry
            sink()
        }
    }

    /// Best first.
    public func sorted() -> [(id: UInt32, score: Float)] {
        heap.sorted { Entry.isWorse($1, $0) }.map { (id: $0.id, score: $0.score) }
    }

    @usableFromInline mutating func rise() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.isWorse(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    @usableFromInline mutating func sink() {
        var parent = 0
        while true {
            var worst = parent
            let left = 2 * parent + 1
            for child in min(left, heap.count)..<min(left + 2, heap.count)
            where Entry.isWorse(heap[child], heap[worst]) {
                worst = child
            }
            if worst == parent { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}
