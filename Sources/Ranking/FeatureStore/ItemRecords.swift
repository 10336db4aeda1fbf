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
    /// - Parameter table: what was read in this hour, and where what is read now is remembered.
    func moments(of rows: [Int?], at now: Timestamp, remembering table: MomentTable?) -> [ItemMoment?] {
        guard let table else { return read(rows, at: now).map { $0.moment } }
        let hour = EventBuckets.Grid.hours.number(of: now.milliseconds)
        for case let row? in rows { table.prefetchMoment(of: row) }
        var moments = [ItemMoment?](repeating: nil, count: rows.count)
        var unread: [(place: Int, row: Int)] = []
        for case (let place, let row?) in rows.enumerated() {
            if let known = table.moment(of: row, in: hour, at: now) {
                moments[place] = known.moment
            } else {
                unread.append((place, row))
            }
        }
        for (reading, (place, row)) in zip(read(unread.map(\.row), at: now), unread) {
            moments[place] = reading.moment
            if let remembered = reading.remembered { table.remember(remembered, of: row) }
        }
        return moments
    }

    private typealias Reading = (moment: ItemMoment?, remembered: RememberedMoment?)

    private func read(_ rows: [Int?], at now: Timestamp) -> [Reading] {
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
        return rows.map { $0.map { read($0, at: now) } ?? (nil, nil) }
    }

    private func read(_ row: Int, at now: Timestamp) -> Reading {
        let (begin, end) = (Int(visitOffsets[row]), Int(visitOffsets[row + 1]))
        var newest = end
        while newest > begin, visitTimes[newest - 1] > now.milliseconds { newest -= 1 }
        let life = ItemMoment.Lifetime(
            events: counts[5 * row + 1], positives: counts[5 * row + 2], firstPositive: counts[5 * row + 3])
        let moment = ItemMoment(
            life, hours: hours.of(row), days: days.of(row), looks: looks?.of(row) ?? .empty,
            newest: newest > begin ? visitTimes[newest - 1] : nil, now: now)
        return (
            moment, RememberedMoment(moment, life, newest: end > begin ? visitTimes[end - 1] : nil, now: now)
        )
    }
}
