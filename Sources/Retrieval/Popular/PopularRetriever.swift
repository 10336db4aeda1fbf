import Foundation
import MagpieArtifacts
import MagpieDomain

/// What most people liked: the floor under everything, and the answer for those of whom nothing is known.
///
/// `popular.safetensors`, kind "popular", layout 1:
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `counts` | U32 | n | positives of each item |
///
/// The score of an item is log(1 + count). It has an opinion on every item of the bundle and proposes those with at
/// least one positive.
public struct PopularRetriever: Retriever {
    static let kind = "popular"
    static let layouts = 1...1

    public let name = "popular"
    public let counts: Tensor<UInt32>
    fileprivate let scores: [Float]
    /// Items with a count, best first.
    fileprivate let ranked: [ItemIndex]

    /// Throws ``ArtifactError`` for a file that is not sound.
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        let counts = try file.tensor("counts", as: UInt32.self, shape: [itemCount])
        self.counts = counts
        let scores: [Float] = counts.map { Float(log1p(Double($0))) }
        self.scores = scores
        // By score, not by count: beyond 2^24 two counts may share one.
        ranked = counts.indices.filter { counts[$0] > 0 }
            .map { Scored(item: ItemIndex($0), score: scores[$0]) }.sorted().map(\.item)
    }

    public func asked(_ query: Query) -> any AskedRetriever { AskedPopular(popular: self, excluded: query.excluded) }
}

private struct AskedPopular: AskedRetriever {
    let popular: PopularRetriever
    let excluded: ItemSet

    func candidates(limit: Int, deadline: Deadline) -> [Scored] {
        guard limit > 0, !deadline.hasPassed else { return [] }
        var found: [Scored] = []
        for item in popular.ranked where !excluded.contains(item) {
            found.append(Scored(item: item, score: popular.scores[Int(item)]))
            if found.count == limit { break }
        }
        return found
    }

    func scores(of items: [ItemIndex]) -> [Float] {
        items.map { Int($0) < popular.scores.count ? popular.scores[Int($0)] : .nan }
    }
}

extension PopularRetriever {
    /// What was built, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        /// Items with at least one positive.
        public var items: Int
        public var positives: Int
    }

    /// Makes `popular.safetensors`: a count, so neither options nor seed nor threads play a part.
    public static func build(from interactions: Interactions, to url: URL) throws -> Report {
        let counts = interactions.positivesPerItem()
        var writer = TensorFileWriter(kind: kind, layout: layouts.upperBound)
        writer.add("counts", counts.map { UInt32(clamping: $0) })
        try writer.write(to: url)
        return Report(items: counts.reduce(0) { $0 + min($1, 1) }, positives: counts.reduce(0, +))
    }
}
