import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// The state of all users and items at one log position: an artifact of the bundle, mapped and read by key.
///
/// ## Layout 4 of `state.safetensors` (kind "state")
///
/// | tensor | type | what |
/// |---|---|---|
/// | `users.key` | U64 [u] | ascending |
/// | `users.counts` | I64 [u, 3] | appliedSeq, events, positives |
/// | `users.offsets` | I64 [u + 1] | rows of `touches.*` of each user |
/// | `touches.time`, `touches.event`, `touches.item`, `touches.positive` | I64, U64, U64, U8 [t] | ascending by (time, event) within a user |
/// | `touches.price`, `touches.quantity` | U32, U16 [t] | what was bought, see ``Purchase`` |
/// | `users.shown` | I64 [u + 1] | rows of `shown.*` of each user |
/// | `shown.time`, `shown.event`, `shown.item` | I64, U64, U64 [s] | ascending by (time, event) within a user, see ``Impression`` |
/// | `items.key` | U64 [i] | ascending |
/// | `items.counts` | I64 [i, 5] | appliedSeq, events, positives, firstPositive, lastPositive |
/// | `items.heats` | I64 [i + 1] | rows of `heats.*` of each item |
/// | `heats.period`, `heats.sum` | I64 [h] | ascending by period within an item, see ``DecayedCount`` |
/// | `items.visits` | I64 [i + 1] | rows of `visits.*` of each item |
/// | `visits.time`, `visits.event`, `visits.user` | I64, U64, U64 [v] | ascending by (time, event) within an item |
/// | `items.hours`, `items.days` | I64 [i + 1] | rows of `hours.counts`, `days.counts` of each item |
/// | `hours.counts`, `days.counts` | I32 [b, 3] | number, events, positives; ascending within an item, see ``EventBuckets`` |
/// | `items.forgotten` | I32 [i, 2] | hour and day up to which nothing is known any more |
/// | `items.looks`, `looks.counts`, `looks.forgotten` | I64 [i + 1], I32 [b, 3], I32 [i] | the same by day of what was on screen: day, ``Looks``, how often it was taken |
/// | `devices.key` | U64 [d] | anonymous keys that an `identify` event gave to a user, ascending |
/// | `devices.user` | U64 [d] | whose they are |
///
/// Metadata: `appliedSeq`, over all items `events`, `positives`, `looks` and `taken`, and `halfLife` of the heats in milliseconds.
/// Layout 3 does not know what was on screen, layout 2 has neither buckets nor purchases, layout 1 neither heats nor visits.
public struct Checkpoint: Sendable {
    public static let kind = "state"
    static let layout = 4

    public let appliedSeq: Int64
    public let totals: FeatureStore.Totals
    private let userKey: Tensor<UInt64>
    private let userCounts: Tensor<Int64>
    private let userOffsets: Tensor<Int64>
    private let touchTime: Tensor<Int64>
    private let touchEvent: Tensor<UInt64>
    private let touchItem: Tensor<UInt64>
    private let touchPositive: Tensor<UInt8>
    private let touchPrice: Tensor<UInt32>?
    private let touchQuantity: Tensor<UInt16>?
    private let shown: ImpressionLists?
    private let itemKey: Tensor<UInt64>
    private let itemCounts: Tensor<Int64>
    private let live: ItemLists?
    private let buckets: ItemBuckets?
    private let deviceKey: Tensor<UInt64>
    private let deviceUser: Tensor<UInt64>

    public init(opening url: URL) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: 1...Self.layout)
        func number(_ name: String) throws -> Int64 {
            guard let value = file.metadata[name].flatMap(Int64.init) else {
                throw RankingError.corrupt(path: url.path, detail: "metadata \(name) is missing or not a number")
            }
            return value
        }
        appliedSeq = try number("appliedSeq")
        var totals = FeatureStore.Totals(events: try number("events"), positives: try number("positives"))
        if file.layout >= 4 { (totals.looks, totals.taken) = (try number("looks"), try number("taken")) }
        self.totals = totals
        userKey = try file.tensor("users.key", as: UInt64.self)
        userCounts = try file.tensor("users.counts", as: Int64.self, shape: [userKey.count, 3])
        userOffsets = try file.tensor("users.offsets", as: Int64.self, shape: [userKey.count + 1])
        touchTime = try file.tensor("touches.time", as: Int64.self)
        touchEvent = try file.tensor("touches.event", as: UInt64.self, shape: [touchTime.count])
        touchItem = try file.tensor("touches.item", as: UInt64.self, shape: [touchTime.count])
        touchPositive = try file.tensor("touches.positive", as: UInt8.self, shape: [touchTime.count])
        itemKey = try file.tensor("items.key", as: UInt64.self)
        itemCounts = try file.tensor("items.counts", as: Int64.self, shape: [itemKey.count, 5])
        live = file.layout < 2 ? nil : try ItemLists(file, itemCount: itemKey.count, halfLife: try number("halfLife"))
        let isOld = file.layout < 3
        touchPrice = isOld ? nil : try file.tensor("touches.price", as: UInt32.self, shape: [touchTime.count])
        touchQuantity = isOld ? nil : try file.tensor("touches.quantity", as: UInt16.self, shape: [touchTime.count])
        buckets = isOld ? nil : try ItemBuckets(file, itemCount: itemKey.count)
        shown = file.layout < 4 ? nil : try ImpressionLists(file, userCount: userKey.count)
        deviceKey = try file.tensor("devices.key", as: UInt64.self)
        deviceUser = try file.tensor("devices.user", as: UInt64.self, shape: [deviceKey.count])
        try Self.check(userOffsets, ends: touchTime.count, "users.offsets", url)
    }

    /// nil in layout 1, which knows nothing of what is trending.
    public var halfLife: HalfLife? { live?.halfLife }

    static func check(_ offsets: Tensor<Int64>, ends: Int, _ name: String, _ url: URL) throws {
        var last: Int64 = 0
        for i in 0..<offsets.count {
            guard offsets[i] >= last else {
                throw RankingError.corrupt(path: url.path, detail: "\(name)[\(i)] goes down")
            }
            last = offsets[i]
        }
        guard offsets[0] == 0, last == Int64(ends) else {
            throw RankingError.corrupt(path: url.path, detail: "\(name) does not span its \(ends) rows")
        }
    }

    var itemCount: Int { itemKey.count }

    /// Ascending.
    public var userKeys: [UserKey] { (0..<userKey.count).map { UserKey(userKey[$0]) } }
    var itemKeys: [ItemKey] { (0..<itemKey.count).map { ItemKey(itemKey[$0]) } }

    var deviceKeys: [UserKey] { (0..<deviceKey.count).map { UserKey(deviceKey[$0]) } }

    /// Whose device an anonymous key is.
    func owner(of key: UserKey) -> UserKey? {
        deviceKey.sortedIndex(ofHash: key.raw).map { UserKey(deviceUser[$0]) }
    }

    public func user(_ key: UserKey) -> UserState? {
        guard let row = userKey.sortedIndex(ofHash: key.raw) else { return nil }
        var state = UserState()
        state.appliedSeq = userCounts[row * 3]
        state.events = userCounts[row * 3 + 1]
        state.positives = userCounts[row * 3 + 2]
        state.recent = (Int(userOffsets[row])..<Int(userOffsets[row + 1])).map(touch)
        state.shown = shown?.shownItems(of: row) ?? []
        return state
    }

    private func touch(_ t: Int) -> UserState.Touch {
        UserState.Touch(
            time: touchTime[t], eventHash: touchEvent[t], item: ItemKey(touchItem[t]),
            isPositive: touchPositive[t] != 0,
            purchase: Purchase(price: touchPrice?[t] ?? 0, quantity: touchQuantity?[t] ?? 0))
    }

    /// What visitors liked around their visits, see ``UserState/near(_:of:limit:when:)``; of a million users' histories the
    /// places of all visitors are asked for before the first is read.
    func likes(around visits: [ItemState.Visit], limit: Int) -> [[UserState.Like]] {
        withExtendedLifetime(self) {
            let (offsets, times) = (userOffsets.pointer, touchTime.pointer)
            let (items, positives) = (touchItem.pointer, touchPositive.pointer)
            let rows = userKey.withUnsafeBufferPointer { $0.sortedIndices(ofHashes: visits.map(\.user.raw)) }
            for case let row? in rows { prefetch(offsets + row) }
            let touches = rows.map { row in row.map { Int(offsets[$0])..<Int(offsets[$0 + 1]) } ?? 0..<0 }
            for all in touches {
                for quarter in 1..<4 { prefetch(times + all.lowerBound + all.count * quarter / 4) }
            }
            let near = zip(touches, visits).map { all, visit in
                let near = UserState.near(visit.time, of: all.count, limit: limit) { times[all.lowerBound + $0] }
                let begin = all.lowerBound + near.lowerBound
                prefetch(items + begin)
                prefetch(items + begin + near.count)
                prefetch(positives + begin)
                return begin..<begin + near.count
            }
            return near.map { near in
                near.lazy.filter { positives[$0] != 0 }.map { .init(item: ItemKey(items[$0]), time: times[$0]) }
            }
        }
    }

    func heat(ofRow row: Int) -> DecayedCount { live?.heat(of: row) ?? DecayedCount() }

    public func item(_ key: ItemKey) -> ItemState? {
        guard let row = itemKey.sortedIndex(ofHash: key.raw) else { return nil }
        var state = ItemState()
        state.appliedSeq = itemCounts[row * 5]
        state.events = itemCounts[row * 5 + 1]
        state.positives = itemCounts[row * 5 + 2]
        state.firstPositive = itemCounts[row * 5 + 3]
        state.lastPositive = itemCounts[row * 5 + 4]
        if let live {
            state.heat = live.heat(of: row)
            state.visits = live.visits(of: row)
        }
        if let buckets {
            state.hours = buckets.hours(of: row)
            state.days = buckets.days(of: row)
            state.looks = buckets.looks(of: row)
        } else {
            state.forgetBuckets()
        }
        return state
    }

    /// Ascending; none in layout 1.
    func visits(of key: ItemKey) -> [ItemState.Visit] {
        itemKey.sortedIndex(ofHash: key.raw).flatMap { live?.visits(of: $0) } ?? []
    }

    /// What was known of items at `now`, read where it lies.
    /// - Parameter table: see ``ItemRecords/moments(of:at:remembering:)``.
    func moments(
        of keys: [ItemKey], at now: Timestamp, remembering table: MomentTable? = nil
    ) -> [ItemMoment?] {
        guard let buckets, let live else { return keys.map { item($0)?.moment(at: now) } }
        return withExtendedLifetime(self) {
            let rows = itemKey.withUnsafeBufferPointer { $0.sortedIndices(ofHashes: keys.map(\.raw)) }
            return buckets.records(counts: itemCounts, live).moments(of: rows, at: now, remembering: table)
        }
    }

    public static func write(_ store: FeatureStore, to url: URL) throws {
        let contents = store.contents()
        let (users, items, totals) = (contents.users, contents.items, contents.totals)
        var file = TensorFileWriter(
            kind: kind, layout: layout,
            metadata: [
                "appliedSeq": "\(contents.appliedSeq)", "events": "\(totals.events)",
                "positives": "\(totals.positives)", "looks": "\(totals.looks)", "taken": "\(totals.taken)",
                "halfLife": "\(store.halfLife.milliseconds)",
            ])
        let touches = users.flatMap(\.1.recent)
        file.add("users.key", users.map(\.0.raw))
        file.add(
            "users.counts", users.flatMap { [$0.1.appliedSeq, $0.1.events, $0.1.positives] }, shape: [users.count, 3])
        file.add("users.offsets", offsets(users.map(\.1.recent.count)))
        file.add("touches.time", touches.map(\.time))
        file.add("touches.event", touches.map(\.eventHash))
        file.add("touches.item", touches.map(\.item.raw))
        file.add("touches.positive", touches.map { UInt8($0.isPositive ? 1 : 0) })
        file.add("touches.price", touches.map(\.purchase.price))
        file.add("touches.quantity", touches.map(\.purchase.quantity))
        ImpressionLists.add(users.map(\.1), to: &file)
        file.add("items.key", items.map(\.0.raw))
        file.add(
            "items.counts",
            items.flatMap { _, s in [s.appliedSeq, s.events, s.positives, s.firstPositive, s.lastPositive] },
            shape: [items.count, 5])
        ItemLists.add(items.map(\.1), to: &file)
        ItemBuckets.add(items.map(\.1), to: &file)
        file.add("devices.key", contents.owners.map(\.device.raw))
        file.add("devices.user", contents.owners.map(\.user.raw))
        try file.write(to: url)
    }

    static func offsets(_ counts: [Int]) -> [Int64] {
        var offsets: [Int64] = [0]
        var total: Int64 = 0
        for count in counts {
            total += Int64(count)
            offsets.append(total)
        }
        return offsets
    }
}
