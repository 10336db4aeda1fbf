import Foundation
import MagpieDomain
import Testing

@testable import MagpieServing

@Suite struct ServedLogTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")

    private func list(_ number: Int, user: UserKey? = nil) -> ServedList {
        ServedList(
            requestId: RequestID(at: .now), scenario: "home", bundle: "b", rung: "ranked", user: user,
            query: "say \"user\":\"0000000000000007\"", seed: nil, now: .now, appliedSeq: Int64(number),
            items: ["a", "é\n"], scores: [1.5, .nan])
    }

    private func lines() throws -> [JSONTree] {
        try ServedSegments.segments(in: folder).flatMap { url in
            try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { try JSONTree(String($0)) }
        }
    }

    @Test func keepsOrderAndRotates() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var limits = ServedSegments.Limits()
        limits.bytesPerSegment = 2_000
        let log = ServedLog(folder: folder, limits: limits, logger: silent)
        for number in 0..<100 {
            log.append(list(number))
            if number % 10 == 9 { await log.flush() }
        }
        let numbers = try lines().compactMap { $0["appliedSeq"]?.number }
        #expect(numbers == (0..<100).map(Double.init))
        #expect(try ServedSegments.segments(in: folder).count >= 10)
        #expect(log.counts == .init(written: 100, dropped: 0))
        #expect(try lines()[0]["items"] == .array([.string("a"), .string("é\n")]))
        #expect(try lines()[0]["scores"] == .array([.number(1.5), .null]))
    }

    @Test func whatIsBeyondTheBound() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try ServedSegments.superfluous(in: folder, bytes: 1).isEmpty)
        var limits = ServedSegments.Limits()
        limits.bytesPerSegment = 1
        let log = ServedLog(folder: folder, limits: limits, logger: silent)
        for number in 0..<5 {
            log.append(list(number))
            await log.flush()
        }
        let names = try ServedSegments.segments(in: folder).map(\.lastPathComponent)
        let size =
            try FileManager.default.attributesOfItem(
                atPath: folder.appendingPathComponent(names[4]).path)[.size] as? Int ?? 0
        #expect(try ServedSegments.superfluous(in: folder, bytes: 2 * size) == Array(names.prefix(3)))
        #expect(try ServedSegments.superfluous(in: folder, bytes: 1) == Array(names.prefix(4)))
        #expect(try ServedSegments.superfluous(in: folder, bytes: 1 << 30).isEmpty)
        let kept = ServedSegments.Limits(megabytes: 64)
        #expect(kept.bytesPerSegment * kept.segments == 64 << 20)
    }

    @Test func removesTheOldest() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var limits = ServedSegments.Limits()
        limits.bytesPerSegment = 1
        limits.segments = 3
        let log = ServedLog(folder: folder, limits: limits, logger: silent)
        for number in 0..<10 {
            log.append(list(number))
            await log.flush()
        }
        #expect(try lines().compactMap { $0["appliedSeq"]?.number } == [7, 8, 9])
    }

    @Test func dropsRatherThanWaits() async throws {
        // A folder that cannot be made: a file stands in its place.
        try Data().write(to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = ServedLog(folder: folder, logger: silent)
        for number in 0..<10 { log.append(list(number)) }
        await log.flush()
        #expect(log.counts == .init(written: 0, dropped: 10))
        let full = ServedLog(folder: folder, capacity: 0, logger: silent)
        full.append(list(0))
        #expect(full.counts.dropped == 1)
    }

    @Test func forgetsAPerson() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = ServedLog(folder: folder, logger: silent)
        for number in 0..<20 { log.append(list(number, user: UserKey(UInt64(number % 2 == 0 ? 7 : 8)))) }
        try await log.forget([UserKey(7)])
        log.append(list(20, user: UserKey(8)))
        await log.flush()
        // The words of a query that look like the field do not count.
        #expect(try lines().compactMap { $0["appliedSeq"]?.number } == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 20])
    }
}
