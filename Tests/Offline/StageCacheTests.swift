import Foundation
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct StageCacheTests {
    struct Broken: Error {}
    let folder: TemporaryFolder
    var cache: StageCache { StageCache(folder: folder.file("work")) }

    init() throws { folder = try TemporaryFolder() }

    private func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: cache.folder.path)) ?? []).sorted()
    }

    @Test func aHalfDoneStageLeavesNothing() throws {
        #expect(throws: Broken.self) {
            try cache.result("stage") { folder in
                try Data("half".utf8).write(to: folder.appendingPathComponent("file"))
                throw Broken()
            }
        }
        #expect(names() == [])
        let (made, reused) = try cache.result("stage") { folder in
            try Data("whole".utf8).write(to: folder.appendingPathComponent("file"))
        }
        #expect(!reused && names() == ["stage"])
        #expect(try String(contentsOf: made.appendingPathComponent("file"), encoding: .utf8) == "whole")
    }

    @Test func whatIsDoneIsReused() throws {
        _ = try cache.result("stage") { _ in }
        let (_, reused) = try cache.result("stage") { _ in throw Broken() }
        #expect(reused)
    }

    /// A process that was killed left its folder behind: it is no result, and is swept away.
    @Test func whatAKilledProcessLeft() throws {
        try FileManager.default.createDirectory(
            at: cache.folder.appendingPathComponent(".stage-1"), withIntermediateDirectories: true)
        let (_, reused) = try cache.result("stage") { _ in }
        #expect(!reused)
        _ = try cache.result("old") { _ in }
        cache.prune(keeping: ["stage"])
        #expect(names() == ["stage"])
    }

    @Test func keysTellEverythingApart() {
        let keys = [
            StageCache.key("a", version: 1, []), StageCache.key("b", version: 1, []),
            StageCache.key("a", version: 2, []),
            StageCache.key("a", version: 1, ["x"]), StageCache.key("a", version: 1, ["x", ""]),
            StageCache.key("a", version: 1, ["", "x"]), StageCache.key("a", version: 1, ["1:x"]),
            StageCache.key("a", version: 1, ["x1:y"]), StageCache.key("a", version: 1, ["x", "y"]),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(keys[3] == StageCache.key("a", version: 1, ["x"]))
        #expect(!StageCache.key("rank home", version: 1, []).contains(" "))
    }
}
