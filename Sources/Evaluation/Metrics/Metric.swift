/// How good one ranked list is, given which items were relevant. A metric is one file in this folder and one line in
/// ``Metrics/all``; its name is the field's, with the depth: "ndcg@10".
///
/// Common edge cases, the same for all (and in trec_eval): positions are counted from 1; only the first `depth` items
/// count, a shorter list is one whose missing places are misses; an item that stands twice counts at its first place;
/// with no relevant item the value is 0 (a protocol leaves such requests out of the mean, and says so).
public protocol Metric: Sendable {
    /// "ndcg", "recall", ...
    static var baseName: String { get }
    /// How many places of the list count, k.
    var depth: Int { get }
    init(_ depth: Int)

    /// From 0 to 1, larger is better.
    func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>) -> Double
}

extension Metric {
    public var name: String { "\(Self.baseName)@\(depth)" }

    /// The places, ascending from 1, where a relevant item stands for the first time.
    func hits<ID: Hashable>(_ list: [ID], _ relevant: Set<ID>) -> [Int] {
        var places: [Int] = []
        var found: Set<ID> = []
        for (i, item) in list.prefix(depth).enumerated() where relevant.contains(item) && found.insert(item).inserted {
            places.append(i + 1)
        }
        return places
    }
}

/// The catalogue of metrics.
public enum Metrics {
    public static let all: [any Metric.Type] = [NDCG.self, Recall.self, Hit.self, MRR.self, MAP.self]

    /// What an evaluation prints, the deciding one first.
    public static let shown: [any Metric] = [NDCG(10), Recall(10), Hit(10), MRR(10), MAP(10), Recall(100)]

    /// "ndcg@10" and the like; nil when there is no such metric.
    public static func named(_ name: String) -> (any Metric)? {
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let depth = Int(parts[1]), depth > 0,
            let type = all.first(where: { $0.baseName == parts[0] })
        else { return nil }
        return type.init(depth)
    }
}
