import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieSQLiteStore
import MagpieServing

/// `magpie compact`: a home within its bounds.
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Remove what the configuration does not keep.",
        discussion: """
            Events older than retention.eventDays, bundles beyond retention.bundles, served lists beyond \
            retention.servedMegabytes, lists that have expired, and what crashed trainings left. Needs the home for itself: \
            stop the server first (a server keeps its own bounds on what it writes while it runs).

            EXAMPLES
              magpie compact --dry-run
              magpie compact
            """)

    @Flag(help: "Say what would be removed, and remove nothing.") var dryRun = false
    @OptionGroup var home: HomeOptions
    @OptionGroup var json: JSONOption

    private struct Report: Encodable {
        var events = 0
        var bundles: [String] = []
        var servedSegments: [String] = []
        var lists = 0
        var isDryRun = false
    }

    func run() throws {
        let opened = try home.open()
        let lock = try opened.home.lock()
        defer { lock.release() }
        let training = try opened.home.trainingLock()
        defer { training.release() }
        let retention = opened.configuration.retention
        var report = Report(isDryRun: dryRun)

        if retention.eventDays > 0, let extent = try opened.store.extent() {
            let oldest = Timestamp(
                milliseconds: extent.latest.milliseconds - Int64(retention.eventDays * 86_400_000))
            report.events = try dryRun ? opened.store.count(before: oldest) : opened.store.forget(before: oldest)
        }
        let bundles = opened.home.bundles
        if !dryRun { try bundles.removeAbandonedDrafts() }
        report.bundles = try bundles.superfluous(keeping: retention.bundles)
        report.servedSegments = try ServedSegments.superfluous(
            in: opened.home.servedFolder, bytes: retention.servedMegabytes << 20)
        let lists = try ListFile(opened.home.listsURL)
        if dryRun {
            report.lists = try lists.summary(at: .now).reduce(0) { $0 + $1.expired }
        } else {
            for bundle in report.bundles { try bundles.remove(bundle) }
            for segment in report.servedSegments {
                try FileManager.default.removeItem(at: opened.home.servedFolder.appendingPathComponent(segment))
            }
            report.lists = try lists.removeExpired(at: .now).removed
        }
        if json.isOn { return try JSONOption.print(report) }
        print(
            "\(dryRun ? "would remove" : "removed") \(Numbers.count(report.events)) events, "
                + "\(report.bundles.count) bundles, \(report.servedSegments.count) segments of served lists, "
                + "\(Numbers.count(report.lists)) expired lists")
    }
}
