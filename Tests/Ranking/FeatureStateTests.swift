import Foundation
import MagpieDomain
import MagpieKernels
import MagpieTestSupport
import Testing

@testable import MagpieRanking

/// Live state is what a replay of the log to the same position gives, to the last bit, whatever happened on the way.
@Suite struct FeatureStateTests {
    static let day: Int64 = 86_400_000
    static let base: Int64 = 1_600_000_000_000
    static let items = (0..<8).map { ItemID("item-\($0)") }
    let rules = EventRules()
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// One thing that happened to the live store.
    private enum Step {
        case event(Event)
        case erase(UserID)
    }

    /// A log with everything that makes it awkward: events that come late, devices that are joined, people who are
    /// erased. A device belongs to one user (whom it is erased with).
    private func steps(_ random: inout RandomSource, erasures: Bool) -> [Step] {
        // Within the span that no cap forgets, where something will have to be undone.
        let span = erasures ? 100 * Self.day : 3_000 * Self.day
        var steps: [Step] = []
        for n in 0..<20 + random.below(60) {
            let received = Self.base + Int64(n) * span / 80
            let late = random.below(3) == 0 ? Int64(random.below(Int(span / 2))) : Int64(random.below(60_000))
            let user = random.below(6)
            let device = UserID("device-\(user)")
            let isAnonymous = random.below(3) == 0
            var event = Event(
                kind: ["rating", "purchase", "view", Event.impressionKind][random.below(4)],
                userId: isAnonymous ? nil : UserID("user-\(user)"), anonymousId: isAnonymous ? device : nil,
                itemId: Self.items[random.below(Self.items.count)], value: random.below(2) == 0 ? 5 : 2,
                time: Timestamp(milliseconds: received - late), receivedAt: Timestamp(milliseconds: received),
                source: "t")
            if random.below(10) == 0 {
                (event.kind, event.itemId) = (Event.identifyKind, nil)
                (event.userId, event.anonymousId) = (UserID("user-\(user)"), device)
            }
            if random.below(3) > 0 { event.position = 1 + random.below(20) }
            event.eventId = "e\(n)"
            event.seq = Int64(n + 1)
            steps.append(.event(event))
            if erasures, random.below(25) == 0 { steps.append(.erase(UserID("user-\(random.below(6))"))) }
        }
        return steps
    }

    /// Whether the log drops an event when a user is erased: as ``EventLog/erase(user:at:_:)`` has it.
    private func isOf(_ user: UserID, _ event: Event, _ devices: Set<UserID>) -> Bool {
        event.userId == user || (event.userId == nil && event.anonymousId.map(devices.contains) == true)
    }

    private func expectSame(_ a: FeatureStore, _ b: FeatureStore, withPositions: Bool, _ comment: Comment) {
        let (x, y) = (a.contents(), b.contents())
        func user(_ entry: (UserKey, UserState)) -> UserState {
            var state = entry.1
            if !withPositions { state.appliedSeq = 0 }
            return state
        }
        func item(_ entry: (ItemKey, ItemState)) -> ItemState {
            var state = entry.1
            if !withPositions { state.appliedSeq = 0 }
            return state
        }
        #expect(x.users.map(\.0) == y.users.map(\.0) && x.users.map(user) == y.users.map(user), comment)
        #expect(x.items.map(\.0) == y.items.map(\.0) && x.items.map(item) == y.items.map(item), comment)
        #expect(
            x.owners.map(\.device) == y.owners.map(\.device) && x.owners.map(\.user) == y.owners.map(\.user), comment)
        #expect(x.totals == y.totals && x.appliedSeq == y.appliedSeq, comment)
    }

    @Test(arguments: 0..<1_000) func liveIsReplay(seed: Int) throws {
        var random = RandomSource(seed: UInt64(seed), 0xFEA7)
        let hasErasures = seed % 2 == 0
        let steps = steps(&random, erasures: hasErasures)
        let url = folder.file("state.safetensors")
        var live = FeatureStore(rules: rules)
        var log: [Event] = []
        var wasErased = false
        for step in steps {
            switch step {
            case .event(let event):
                log.append(event)
                live.apply(event)
                // A client that repeats itself, a reader that begins too early.
                if random.below(4) == 0 { for old in log.suffix(random.below(6)) { live.apply(old) } }
            case .erase(let user):
                let devices = Set(
                    log.filter { $0.kind == Event.identifyKind && $0.userId == user }.compactMap(\.anonymousId))
                let gone = log.filter { isOf(user, $0, devices) }
                log.removeAll { isOf(user, $0, devices) }
                for event in gone { live.subtract(event) }
                for actor in Set(gone.compactMap(\.actor) + [user.key]) { live.forget(actor) }
                wasErased = wasErased || !gone.isEmpty
            }
            if random.below(12) == 0 {
                // Stops, and begins again from what it wrote and the tail of the log.
                try Checkpoint.write(live, to: url)
                live = FeatureStore(
                    rules: rules, checkpoint: try Checkpoint(opening: url), isRemembering: random.below(2) == 0)
                for event in log.suffix(random.below(9)) { live.apply(event) }
            }
            // Anywhere on the way, and at the end.
            guard random.below(20) == 0 else { continue }
            try compare(live, log, withPositions: !wasErased, seed: seed, &random)
        }
        try compare(live, log, withPositions: !wasErased, seed: seed, &random)
    }

    private func compare(
        _ live: FeatureStore, _ log: [Event], withPositions: Bool, seed: Int, _ random: inout RandomSource
    ) throws {
        let replay = FeatureStore(rules: rules)
        for event in log where event.seq <= live.appliedSeq { replay.apply(event) }
        replay.advance(to: live.appliedSeq)
        expectSame(live, replay, withPositions: withPositions, "seed \(seed) at \(live.appliedSeq)")
        // And what is read of it, at the end and at moments in the past: from memory and from a file.
        try Checkpoint.write(replay, to: folder.file("replay.safetensors"))
        let checkpoint = try Checkpoint(opening: folder.file("replay.safetensors"))
        let mapped = FeatureStore(rules: rules, checkpoint: checkpoint)
        let remembering = FeatureStore(rules: rules, checkpoint: checkpoint, isRemembering: true)
        let keys = Self.items.map(\.key)
        for _ in 0..<3 {
            let hour = Self.base + Int64(random.below(3_100)) * Self.day
            // Some moments of one hour, in any order: what is remembered of one is what is known at another.
            for _ in 0..<4 {
                let now = Timestamp(milliseconds: hour + Int64(random.below(3_600_000)))
                let moments = live.moments(of: keys, at: now)
                #expect(moments == replay.moments(of: keys, at: now) && moments == mapped.moments(of: keys, at: now))
                #expect(moments == remembering.moments(of: keys, at: now))
            }
        }
        // Written, the two are the same bytes.
        guard withPositions else { return }
        try Checkpoint.write(live, to: folder.file("live.safetensors"))
        #expect(
            try Data(contentsOf: folder.file("live.safetensors"))
                == Data(contentsOf: folder.file("replay.safetensors")))
    }

    // MARK: Buckets

    private func buckets(_ times: [Int64], _ grid: EventBuckets.Grid) -> EventBuckets {
        var buckets = EventBuckets()
        for time in times { buckets.fold(time: time, grid, isPositive: time % 3 == 0, sign: 1) }
        return buckets
    }

    @Test(arguments: UInt64(0)..<30) func orderLeavesNoTraceInBuckets(seed: UInt64) {
        var random = RandomSource(seed: seed)
        for grid in [EventBuckets.Grid.hours, .days, .init(width: 1_000, capacity: 5)] {
            var times = (0..<400).map { _ in Int64(random.below(100)) * grid.width - 40 * grid.width + 7 }
            let direct = buckets(times, grid)
            random.shuffle(&times)
            #expect(buckets(times, grid) == direct)
            let distinct = Set(times.map { grid.number(of: $0) }).count
            #expect(direct.buckets.count == min(grid.capacity, distinct))
            // Each bucket that is held has all of its events.
            for bucket in direct.buckets {
                #expect(Int(bucket.events) == times.count { grid.number(of: $0) == bucket.number })
            }
            #expect((direct.forgotten == .min) == (grid.capacity >= distinct))
        }
    }

    @Test func takenOutIsAsNeverPutIn() {
        let grid = EventBuckets.Grid.days
        var both = buckets([5, 5 + grid.width, 9 * grid.width], grid)
        both.fold(time: 9 * grid.width, grid, isPositive: true, sign: -1)
        both.fold(time: 6, grid, isPositive: true, sign: 1)
        both.fold(time: 6, grid, isPositive: true, sign: -1)
        #expect(both == buckets([5, 5 + grid.width], grid))
        // What is not held cannot be taken out.
        both.fold(time: 100 * grid.width, grid, isPositive: true, sign: -1)
        #expect(both == buckets([5, 5 + grid.width], grid))
    }

    @Test func momentsOfAnyNumber() {
        let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
        var state = ItemState()
        for (n, time) in extremes.enumerated() {
            state.fold(time: Timestamp(milliseconds: time), isPositive: true, seq: Int64(n))
        }
        for now in extremes { _ = state.moment(at: Timestamp(milliseconds: now)) }
        let all = state.moment(at: .distantFuture)
        #expect(all?.lastPositive == .max && (all?.positives ?? 0) >= 5)
        (state.events, state.positives) = (.max, .min)
        state.hours = EventBuckets(
            [(Int32.max, Int32.max), (.min, .min), (0, 5)].map { .init(number: $0, events: $1, positives: $1) },
            forgotten: .max)
        state.days = EventBuckets(
            [(Int32.max, Int32.max), (.min, .min), (0, 5)].map { .init(number: $0, events: $1, positives: $1) },
            forgotten: .min)
        for now in extremes { _ = state.moment(at: Timestamp(milliseconds: now)) }
    }

    /// Against counting by hand.
    @Test(arguments: UInt64(0)..<60) func momentOracle(seed: UInt64) throws {
        var random = RandomSource(seed: seed, 5)
        let hour: Int64 = 3_600_000
        let events = (0..<1 + random.below(20)).map { _ in
            (
                time: Self.base + Int64(random.below(4) == 0 ? random.below(2) : random.below(140)) * Self.day
                    + Int64(random.below(Int(Self.day))),
                isPositive: random.below(3) > 0
            )
        }
        var state = ItemState()
        for (n, event) in events.enumerated() {
            state.fold(time: Timestamp(milliseconds: event.time), isPositive: event.isPositive, seq: Int64(n))
        }
        for _ in 0..<20 {
            let now = Self.base + Int64(random.below(Int(150 * Self.day)))
            let read = try #require(state.moment(at: Timestamp(milliseconds: now)))
            let full = now / hour * hour
            let midnight = now / Self.day * Self.day
            let known = events.filter { $0.time < full }
            let positives = known.filter(\.isPositive).map(\.time)
            #expect(read.events == Int64(known.count) && read.positives == Int64(positives.count))
            #expect(read.day == Int64(positives.count { $0 >= full - Self.day }))
            for (days, count) in [(Int64(7), read.week), (30, read.month), (90, read.quarter)] {
                #expect(count == Int64(positives.count { $0 >= midnight - days * Self.day }))
            }
            #expect(read.quarterEvents == Int64(known.count { $0.time >= midnight - 90 * Self.day }))
            let liked = events.filter { $0.isPositive && $0.time <= now }.map(\.time)
            #expect(read.firstPositive == liked.min() && read.lastPositive == liked.max())
            guard !positives.isEmpty, let median = read.medianPositive else { continue }
            #expect(positives.count { $0 <= median } * 2 >= positives.count)
            #expect(positives.count { $0 > median - Self.day } * 2 >= positives.count)
        }
    }

    /// Threads that ask about two hours at once read what is known, whoever remembered it.
    @Test func manyThreadsRememberAtOnce() async throws {
        var random = RandomSource(seed: 3, 6)
        let store = FeatureStore(rules: rules)
        let keys = (0..<40).map { ItemID("thread-\($0)").key }
        for seq in 1...4_000 {
            store.fold(
                actor: UserKey(UInt64(random.below(30))), item: keys[random.below(keys.count)],
                time: Timestamp(milliseconds: Self.base + Int64(random.below(20 * Int(Self.day)))),
                eventHash: UInt64(seq), isPositive: random.below(3) > 0, seq: Int64(seq))
        }
        try Checkpoint.write(store, to: folder.file("threads.safetensors"))
        let checkpoint = try Checkpoint(opening: folder.file("threads.safetensors"))
        let plain = FeatureStore(rules: rules, checkpoint: checkpoint)
        let remembering = FeatureStore(rules: rules, checkpoint: checkpoint, isRemembering: true)
        let moments = (0..<6).map { n in
            Timestamp(milliseconds: Self.base + 20 * Self.day + Int64(n % 2) * 3_600_000 + Int64(n) * 1_000)
        }
        let truth = moments.map { plain.moments(of: keys, at: $0) }
        #expect(Set(truth.map { "\($0)" }).count > 1)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    var random = RandomSource(seed: 4, UInt64(thread))
                    return (0..<300).allSatisfy { _ in
                        let n = random.below(moments.count)
                        return remembering.moments(of: keys, at: moments[n]) == truth[n]
                    }
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
    }
}
