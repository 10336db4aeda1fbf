import Foundation
import MagpieDomain
import MagpieKernels

/// Finds how wide to search for a wanted recall: the cheapest of many widths, by what searches of held-out queries
/// found of the exact answers. Costs are counted, not timed, so that the result is the same everywhere.
struct Calibration {
    let tables: PartitionTables
    let pool: WorkspacePool
    /// As the caller would ask them.
    let queries: SharedRows
    /// Positions of the true best, best first.
    let truth: [[UInt32]]
    /// A position that does not count as an answer: the query's own.
    let skipping: [UInt32]?
    let threads: Int

    static let ks = [1, 10, 50, 200, 1_000]
    static let targets = [0.8, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998]

    /// What one more of each costs, in nanoseconds on a machine with 512-bit registers.
    private static func cost(_ width: SearchWidth, scanned: Double, _ tables: PartitionTables) -> Double {
        let vector = 0.1 + 0.014 * Double(tables.subspaces)
        let record = 12 + Double(tables.recordSize) * 0.06
        return scanned * vector + Double(width.probes) * 12 + Double(width.depth) * record
    }

    func plan() -> SearchPlan {
        let ks = Self.ks.filter { $0 <= max(tables.count / 2, 1) }
        var plan = SearchPlan(ks: ks, targets: Self.targets, widths: [], measured: [])
        for k in ks {
            let curves = curves(k: k)
            var widths: [SearchWidth] = []
            var measured: [Double] = []
            for target in Self.targets {
                var aim = target
                var width = cheapest(curves, k: k, recall: aim)
                var got = recall(k: k, width: width)
                // The last scores lose a little of what the scan found: aim higher by as much.
                for _ in 0..<4 where got < target {
                    aim = min(aim + max(target - got, (1 - target) / 16), 1)
                    width = cheapest(curves, k: k, recall: aim)
                    got = recall(k: k, width: width)
                }
                widths.append(width)
                measured.append(got)
            }
            plan.widths.append(widths)
            plan.measured.append(measured)
        }
        return plan
    }

    /// Recall if the last scores were exact, for some probes and each depth.
    private struct Curve {
        var probes: Int
        var scanned: Double
        var depths: [Int]
        var recalls: [Double]
    }

    private func cheapest(_ curves: [Curve], k: Int, recall: Double) -> SearchWidth {
        var best = SearchWidth(probes: tables.partitions, depth: curves.last?.depths.last ?? k)
        var least = Double.infinity
        for curve in curves {
            guard let place = curve.recalls.firstIndex(where: { $0 >= recall }) else { continue }
            let width = SearchWidth(probes: curve.probes, depth: curve.depths[place])
            let cost = Self.cost(width, scanned: curve.scanned, tables)
            if cost < least { (least, best) = (cost, width) }
        }
        return best
    }

    private func depths(k: Int) -> [Int] {
        var depths: [Int] = []
        var factor = 1.0
        while factor < (k >= 1_000 ? 8 : k >= 50 ? 24 : 1_500 / Double(k)) {
            depths.append(min(max(Int((Double(k) * factor).rounded(.up)), (depths.last ?? 0) + 1), tables.count))
            factor *= 1.09
        }
        return depths
    }

    private func curves(k: Int) -> [Curve] {
        var curves: [Curve] = []
        let depths = depths(k: k)
        var probes = 1.0
        var flat = 0
        while true {
            let curve = curve(k: k, probes: min(Int(probes.rounded(.up)), tables.partitions), depths: depths)
            let gained = (curve.recalls.last ?? 0) - (curves.last?.recalls.last ?? 0)
            curves.append(curve)
            if curve.probes == tables.partitions { break }
            flat =
                (curve.recalls.last ?? 0) > 0.999 || gained < 0.0002 && (curve.recalls.last ?? 0) > 0.9 ? flat + 1 : 0
            if flat >= 3 { break }
            probes = max(probes * 1.19, probes + 1)
        }
        return curves
    }

    /// One scan a query: where in the order of the scan's keys the true best stand.
    private func curve(k: Int, probes: Int, depths: [Int]) -> Curve {
        let most = depths.last ?? k
        let results: [(hits: [Int], scanned: Int)] = Parallel.map(queries.count, threads: threads) { q in
            var hits = [Int](repeating: 0, count: depths.count)
            let wanted = Set(truth[q].prefix(k))
            let scanned: Int = pool.with { workspace in
                var search = PartitionSearch(tables, workspace)
                guard search.take(queries.pointer + q * queries.stride) else { return 0 }
                let ordered = search.orderPartitions(probes: probes)
                let (kept, scanned) = search.scan(probes: ordered, wanted: most + 1, excluded: nil)
                var keys = UnsafeMutableBufferPointer(start: workspace.keys.pointer, count: kept)
                for i in 0..<kept {
                    let candidate = workspace.candidates.pointer[i]
                    let descending = UInt32(bitPattern: Int32.max &- candidate.key)
                    keys[i] = UInt64(descending) << 32 | UInt64(candidate.position)
                }
                keys.sort()
                var place = 0
                var rank = 0
                for key in keys {
                    let position = UInt32(truncatingIfNeeded: key)
                    if position == skipping?[q] { continue }
                    while place < depths.count, rank >= depths[place] { place += 1 }
                    if place == depths.count { break }
                    if wanted.contains(position) { hits[place] += 1 }
                    rank += 1
                }
                return scanned
            }
            return (hits, scanned)
        }
        var recalls = [Double](repeating: 0, count: depths.count)
        for (hits, _) in results { for i in depths.indices { recalls[i] += Double(hits[i]) } }
        var sum = 0.0
        let all = Double(truth.reduce(0) { $0 + min($1.count, k) })
        for i in depths.indices {
            sum += recalls[i]
            recalls[i] = all > 0 ? sum / all : 1
        }
        let scanned = Double(results.reduce(0) { $0 + $1.scanned }) / Double(max(queries.count, 1))
        return Curve(probes: probes, scanned: scanned, depths: depths, recalls: recalls)
    }

    /// By the whole search.
    private func recall(k: Int, width: SearchWidth) -> Double {
        let hits: [Int] = Parallel.map(queries.count, threads: threads) { q in
            let wanted = Set(truth[q].prefix(k).map { tables.items[Int($0)] })
            return pool.with { workspace in
                var search = PartitionSearch(tables, workspace)
                guard search.take(queries.pointer + q * queries.stride) else { return wanted.count }
                let ordered = search.orderPartitions(probes: width.probes)
                let (kept, _) = search.scan(
                    probes: ordered, wanted: max(width.depth, k) + (skipping == nil ? 0 : 1), excluded: nil)
                var answers = search.best(of: kept, k: k + (skipping == nil ? 0 : 1))
                if let own = skipping?[q] { answers.removeAll { $0.item == tables.items[Int(own)] } }
                return answers.prefix(k).reduce(0) { $0 + (wanted.contains($1.item) ? 1 : 0) }
            }
        }
        let all = truth.reduce(0) { $0 + min($1.count, k) }
        return all > 0 ? Double(hits.reduce(0, +)) / Double(all) : 1
    }
}
