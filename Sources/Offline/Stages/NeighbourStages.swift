import Foundation
import MagpieOnline
import MagpieRetrieval

/// A stage that makes one file from the interactions alone.
struct NeighbourStage {
    var name: String
    var file: String
    /// The part of the configuration that it reads, for its key.
    var options: String
    /// Writes the file and returns the line for people.
    var build: (URL, @escaping (Double) -> Void) throws -> String
}

extension RetrieverFit {
    /// The tables of neighbours, and the sessions.
    func neighbourStages(_ data: Dataset) throws -> [NeighbourStage] {
        let interactions = data.interactions
        let threads = threads
        let all = configuration
        var stages = [
            NeighbourStage(
                name: "neighbours", file: BundleFiles.neighbours, options: try Configuration.key(all.neighbours)
            ) { url, progress in
                try RP3Beta.build(
                    from: interactions, options: all.neighbours, threads: threads, progress: progress, to: url
                ).line
            },
            NeighbourStage(
                name: "transitions", file: BundleFiles.transitions, options: try Configuration.key(all.transitions)
            ) { url, progress in
                try Transitions.build(
                    from: interactions, options: all.transitions, threads: threads, progress: progress, to: url
                ).line
            },
            NeighbourStage(name: "cosine", file: BundleFiles.cosine, options: try Configuration.key(all.cosine)) {
                url, progress in
                try Cosine.build(
                    from: interactions, options: all.cosine, threads: threads, progress: progress, to: url
                ).line
            },
            NeighbourStage(name: "sessions", file: BundleFiles.sessions, options: try Configuration.key(all.sessions)) {
                url, _ in
                let report = try SessionIndex.build(from: interactions, options: all.sessions, to: url)
                return "\(report.sessions) sessions of \(report.items) items"
            },
        ]
        if all.ease.maximumItems > 0 {
            stages.append(
                NeighbourStage(name: "ease", file: BundleFiles.ease, options: try Configuration.key(all.ease)) {
                    url, progress in
                    let report = try EASE.build(
                        from: interactions, options: all.ease, threads: threads, progress: progress, to: url)
                    return "\(report.nodes) items, " + report.line
                })
        }
        return stages
    }
}

extension NeighbourTable.Report {
    fileprivate var line: String { "\(edges) edges" }
}
