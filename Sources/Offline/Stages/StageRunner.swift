import Foundation
import MagpieDomain

/// Runs stages through the cache and reports on them.
final class StageRunner {
    struct Result {
        var key: String
        var folder: URL
    }

    let cache: StageCache
    /// Part of every key: another version of the program does not trust this one's results.
    let codeVersion: String
    let report: (TrainingEvent) -> Void
    private(set) var reports: [StageReport] = []
    private(set) var usedKeys: Set<String> = []

    init(cache: StageCache, codeVersion: String = "", report: @escaping (TrainingEvent) -> Void) {
        self.cache = cache
        self.codeVersion = codeVersion
        self.report = report
    }

    /// A stage whose result is a folder in the cache. `work` writes into the folder it is given and returns the
    /// line for people, which is kept with the result.
    func run(
        _ stage: String, window: String, version: Int = 1, inputs: [String],
        _ work: (URL, @escaping (Double) -> Void) throws -> String
    ) throws -> Result {
        let key = StageCache.key(stage, version: version, inputs + [codeVersion])
        usedKeys.insert(key)
        report(.began(stage: stage, window: window))
        let (clock, memory) = (ContinuousClock.now, MemoryWatch())
        defer { _ = memory.end() }
        let (folder, reused) = try cache.result(key) { folder in
            let summary = try work(folder) { self.report(.progress($0)) }
            try Data(summary.utf8).write(to: folder.appendingPathComponent(Self.summaryFile))
        }
        let summary = (try? String(contentsOf: folder.appendingPathComponent(Self.summaryFile), encoding: .utf8)) ?? ""
        finish(stage, window, summary, since: clock, memory.end(), reused: reused)
        return Result(key: key, folder: folder)
    }

    /// A stage that is done anew every time: reading the log, asking questions.
    func measure<Value>(
        _ stage: String, window: String, _ work: (@escaping (Double) -> Void) throws -> (Value, String)
    ) throws -> Value {
        report(.began(stage: stage, window: window))
        let (clock, memory) = (ContinuousClock.now, MemoryWatch())
        defer { _ = memory.end() }
        let (value, summary) = try work { self.report(.progress($0)) }
        finish(stage, window, summary, since: clock, memory.end(), reused: false)
        return value
    }

    private func finish(
        _ stage: String, _ window: String, _ summary: String, since: ContinuousClock.Instant, _ peakBytes: Int?,
        reused: Bool
    ) {
        let (seconds, attoseconds) = (ContinuousClock.now - since).components
        let done = StageReport(
            stage: stage, window: window, summary: summary, seconds: Double(seconds) + Double(attoseconds) / 1e18,
            peakBytes: peakBytes, reused: reused)
        reports.append(done)
        ResidentMemory.trim()
        report(.ended(done))
    }

    private static let summaryFile = "summary.txt"
}
