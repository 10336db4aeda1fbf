import Foundation
import MagpieDomain
import MagpieFormats
import MagpieKernels

/// What `bench embed` trains on, and what it asks then.
struct EmbedInput {
    let name: String
    /// Every row is a positive.
    let interactions: Interactions
    /// By question: who is asked for, and what they came to like.
    let questions: [(user: Int, relevant: Set<ItemIndex>)]

    /// Users and items by the order in which they come.
    private struct Reader {
        var users: [String: UInt32] = [:]
        var items: [String: ItemIndex] = [:]
        var rows: [(user: UInt32, item: ItemIndex, time: Int64)] = []

        static func number(_ name: String, in names: inout [String: UInt32]) -> UInt32 {
            if let known = names[name] { return known }
            let next = UInt32(names.count)
            names[name] = next
            return next
        }

        mutating func append(_ user: String, _ item: String, time: Int64) {
            rows.append((Self.number(user, in: &users), Self.number(item, in: &items), time))
        }
    }

    private init(_ name: String, _ reader: Reader, rows: Int, relevant: [Int: Set<ItemIndex>]) throws {
        guard rows > 0 else { throw BenchError("\(name): nothing to train on: expected at least one event to learn") }
        var log = Interactions(
            users: reader.users.values.sorted().map { UserKey(UInt64($0)) }, itemCount: reader.items.count)
        for (place, row) in reader.rows[..<rows].enumerated() {
            log.append(
                seq: Int64(place), user: row.user, item: row.item, time: row.time, weight: 1, isPositive: true)
        }
        self.name = name
        interactions = log
        questions = relevant.sorted { $0.key < $1.key }.map { (user: $0.key, relevant: $0.value) }
    }

    /// - Parameter path: a line a user: the user, then what they liked, oldest first, with blanks between. The last of
    ///   two or more is asked for, the others are known.
    init(sequences path: String) throws {
        let url = URL(fileURLWithPath: path)
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw BenchError("\(path): cannot be read: name a text file with a line a user")
        }
        var reader = Reader()
        var last: [(user: UInt32, item: String)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count > 1 else { continue }
            let isAsked = words.count > 2
            for (place, item) in words.dropFirst().enumerated() where !isAsked || place < words.count - 2 {
                reader.append(words[0], item, time: Int64(place))
            }
            if isAsked { last.append((Reader.number(words[0], in: &reader.users), words[words.count - 1])) }
        }
        let rows = reader.rows.count
        var relevant: [Int: Set<ItemIndex>] = [:]
        for (user, item) in last { relevant[Int(user)] = [Reader.number(item, in: &reader.items)] }
        try self.init(url.lastPathComponent, reader, rows: rows, relevant: relevant)
    }

    /// - Parameters:
    ///   - path: a table of events, all of which count.
    ///   - test: what is asked for, by users of the first; nil: nothing is asked.
    init(events path: String, test: String?, columns: [String]?, timeUnit: TimeUnit?) throws {
        var reader = Reader()
        func read(_ path: String, _ row: (String, String, Int64, inout Reader) -> Void) throws {
            var options = EventOptions()
            options.header = columns
            options.timeUnit = timeUnit
            options.kind = "event"
            let file = try CSVEventReader(URL(fileURLWithPath: path), options)
            while let event = try file.next() {
                if let user = event.userId?.string, let item = event.itemId?.string {
                    row(user, item, event.time.milliseconds, &reader)
                }
            }
        }
        try read(path) { $3.append($0, $1, time: $2) }
        let rows = reader.rows.count
        var relevant: [Int: Set<ItemIndex>] = [:]
        if let test {
            try read(test) { user, item, _, reader in
                guard let user = reader.users[user] else { return }
                relevant[Int(user), default: []].insert(Reader.number(item, in: &reader.items))
            }
        }
        try self.init(URL(fileURLWithPath: path).lastPathComponent, reader, rows: rows, relevant: relevant)
    }

    /// Made-up events: each user has a taste, one of a hundred, and eight times of ten an event is an item of that
    /// taste; some items are liked far more than others. The same on every machine.
    init(madeUp events: Int, users: Int, items: Int, seed: UInt64) throws {
        guard events > 0, users > 0, items > 0 else {
            throw BenchError("--made-up \(events), --users \(users), --items \(items): expected numbers above 0")
        }
        let tastes = min(100, items)
        var log = Interactions(users: (0..<users).map { UserKey(UInt64($0)) }, itemCount: items)
        var random = RandomSource(seed: seed, 0x6D61_6465)
        for place in 0..<events {
            let user = random.below(users)
            let share = random.uniform()
            // The cube makes a few items loved by many.
            let rank = Int(share * share * share * Float(items / tastes))
            let taste = random.below(10) < 8 ? user % tastes : random.below(tastes)
            log.append(
                seq: Int64(place), user: UInt32(user), item: ItemIndex(min(rank * tastes + taste, items - 1)),
                time: Int64(place) * 1_000, weight: 1, isPositive: true)
        }
        name = "made up"
        interactions = log
        questions = []
    }

    /// The events as numpy reads them: a row each, user and item as 32-bit numbers, in time order.
    func write(to url: URL) throws {
        var header = "{'descr': '<u4', 'fortran_order': False, 'shape': (\(interactions.count), 2), }"
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var bytes = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(Data(header.utf8))
        let order = interactions.time.indices.sorted {
            (interactions.time[$0], $0) < (interactions.time[$1], $1)
        }
        let cells: [UInt32] = order.flatMap {
            [interactions.user[$0].littleEndian, interactions.item[$0].littleEndian]
        }
        cells.withUnsafeBytes { bytes.append(contentsOf: $0) }
        do {
            try bytes.write(to: url)
        } catch {
            throw BenchError("--keep-events \(url.path): cannot be written: check the folder and the free space")
        }
    }
}
