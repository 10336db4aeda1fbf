import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Where the numbers of all items lie in a ``Checkpoint``, as bare addresses: a request reads hundreds of items, and counting
/// who holds the file's tensors would take longer than reading them. The checkpoint must outlive it.
struct ItemRecords {
    /// What happened to each item by time, see ``ItemBuckets``.
    struct Buckets {
        let offsets: UnsafePointer<Int64>
        let values: UnsafePointer<EventBuckets.Bucket>
        /// Of each item the number up to which nothing is known, so many apart.
        let forgotten: UnsafePointer<Int32>
        let stride: Int

        init(_ offsets: Tensor<Int64>, _ values: Tensor<Int32>, forgotten: UnsafePointer<Int32>, stride: Int) {
            self.offsets = offsets.pointer
            self.values = UnsafeRawPointer(values.pointer).assumingMemoryBound(to: EventBuckets.Bucket.self)
            self.forgotten = forgotten
            self.stride = stride
        }

        func of(_ row: Int) -> ItemMoment.Buckets {
            let begin = Int(offsets[row])
            return .init(
                buckets: UnsafeBufferPointer(start: values + begin, count: Int(offsets[row + 1]) - begin),
                forgotten: forgotten[row * stride])
        }

        func prefetchPlace(of row: Int) {
            prefetch(offsets + row)
            prefetch(forgotten + row * stride)
        }

        /// The last 256 bytes: the buckets of most items.
        func prefetchNewest(of row: Int) {
            let (begin, end) = (values + Int(offsets[row]), values + Int(offsets[row + 1]))
            var last = UnsafeRawPointer(end) - 1
            for _ in 0..<4 where last >= UnsafeRawPointer(begin) {
                prefetch(last)
                last -= 64
            }
        }
    }

    /// I64 [i, 5], see ``Checkpoint``.
    let counts: UnsafePointer<Int64>
    let visitOffsets: UnsafePointer<Int64>
    let visitTimes: UnsafePointer<Int64>
    let hours: Buckets
    let days: Buckets
    /// nil before layout 4.
    let looks: Buckets?

    /// What was known of some rows at `now`; nil where a row is. Of a million items a request's are in no cache: the places of
    /// all are asked for before the first is read.
    func moments(of rows: [Int?], at now: Timestamp) -> [ItemMoment?] {
        for case let row? in rows {
            prefetch(counts + 5 * row)
            prefetch(visitOffsets + row)
            hours.prefetchPlace(of: row)
            days.prefetchPlace(of: row)
            looks?.prefetchPlace(of: row)
        }
        for case let row? in rows {
            prefetch(visitTimes + max(Int(visitOffsets[row + 1]) - 1, 0))
            hours.prefetchNewest(of: row)
            days.prefetchNewest(of: row)
            looks?.prefetchNewest(of: row)
        }
        return rows.map { $0.flatMap { moment(of: $0, at: now) } }
    }

    private func moment(of row: Int, at now: Timestamp) -> ItemMoment? {
        var newest = Int(visitOffsets[row + 1])
        while newest > Int(visitOffsets[row]), visitTimes[newest - 1] > now.milliseconds { newest -= 1 }
        return ItemMoment(
            .init(events: counts[5 * row + 1], positives: counts[5 * row + 2], firstPositive: counts[5 * row + 3]),
            hours: hours.of(row), days: days.of(row), looks: looks?.of(row) ?? .empty,
            newest: newest > Int(visitOffsets[row]) ? visitTimes[newest - 1] : nil, now: now)
    }
}
