import Foundation
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieSQLiteStore

@Suite struct ListFileTests {
    private struct Key: Hashable, Comparable {
        var scenario: String
        var user: UInt64
        static func < (a: Key, b: Key) -> Bool {
            a.scenario != b.scenario
                ? a.scenario < b.scenario : Int64(bitPattern: a.user) < Int64(bitPattern: b.user)
        }
    }

    private func file() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("magpie-lists-\(UUID().uuidString).sqlite")
    }

    /// Against a dictionary.
    @Test(arguments: 0..<8 as Range<UInt64>) func asADictionary(seed: UInt64) throws {
        let url = file()
        defer { try? FileManager.default.removeItem(at: url) }
        var random = SeededNumbers(seed)
        var own: [Key: (list: PrecomputedList, isRead: Bool)] = [:]
        var lists = try ListFile(url)
        func time(_ value: Int) -> Timestamp { Timestamp(milliseconds: Int64(value)) }
        for step in 0..<120 {
            let now = time(step * 10)
            switch random.below(8) {
            case 0..<4:
                let made = (0..<random.below(5)).map { _ in
                    let user = "user \(random.below(12)) é\u{0}\"'"
                    return PrecomputedList(
                        user: user, key: UserID(user).key, scenario: ["home", "similar"][random.below(2)],
                        bundle: "b\(step)", madeAt: now, expiresAt: time(step * 10 + random.below(300)),
                        items: (0..<random.below(4)).map {
                            .init(
                                id: ItemID("i\($0)\n\u{1F600}"), score: Float($0) / 8 - 1,
                                title: $0 == 1 ? nil : "\"T\\")
                        })
                }
                try lists.put(made)
                for list in made { own[Key(scenario: list.scenario, user: list.key.raw)] = (list, false) }
            case 4:
                let keys = own.keys.sorted().filter { _ in random.below(3) == 0 }
                try lists.markRead(keys.map { (UserKey($0.user), $0.scenario) } + [(UserKey(1), "none")])
                for key in keys { own[key]?.isRead = true }
            case 5:
                let expired = own.filter { $0.value.list.expiresAt <= now }
                let told = try lists.removeExpired(at: now)
                #expect(told.removed == expired.count && told.unread == expired.count { !$0.value.isRead })
                for key in expired.keys { own[key] = nil }
            case 6:
                let users = Set(own.keys.filter { _ in random.below(9) == 0 }.map { UserKey($0.user) })
                let gone = own.keys.filter { users.contains(UserKey($0.user)) }
                #expect(try lists.erase(users) == gone.count)
                for key in gone { own[key] = nil }
            default:
                try lists.close()
                lists = try ListFile(url)
            }
            let valid = own.filter { $0.value.list.expiresAt > now }
            var told: [PrecomputedList] = []
            try lists.each(at: now) { told.append($0) }
            #expect(told == valid.keys.sorted().compactMap { valid[$0]?.list })
            for (key, value) in own {
                let found = try lists.list(of: UserKey(key.user), scenario: key.scenario, at: now)
                #expect(found == (value.list.expiresAt > now ? value.list : nil))
            }
            for one in try lists.summary(at: now) {
                let mine = own.filter { $0.key.scenario == one.scenario }
                #expect(one.lists == mine.count && one.read == mine.count { $0.value.isRead })
                #expect(one.expired == mine.count { $0.value.list.expiresAt <= now })
            }
        }
    }

    @Test func filesThatAreNone() throws {
        let url = file()
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(repeating: 7, count: 5_000).write(to: url)
        #expect(throws: StoreError.notADatabase(path: url.path)) { try ListFile(url) }
        try FileManager.default.removeItem(at: url)
        try ListFile(url).close()
        // The layout's number is SQLite's user_version: four bytes at offset 60 of the file.
        var bytes = try Data(contentsOf: url)
        bytes.replaceSubrange(60..<64, with: [0, 0, 0, 99])
        let newer = file()
        defer { try? FileManager.default.removeItem(at: newer) }
        try bytes.write(to: newer)
        #expect(throws: StoreError.newerSchema(path: newer.path, got: 99, expected: 1)) { try ListFile(newer) }
    }
}
