import Synchronization

/// How many requests a route got, with which status, and how long they took: from the head of the request to the head of the
/// response, on the server's clock.
final class RequestMetrics: Sendable {
    struct Route: Hashable {
        var method: String
        /// The pattern, never the path: as many as there are routes.
        var path: String
    }

    struct Counts {
        /// By class of status: 1xx ... 5xx.
        var statuses = [Int64](repeating: 0, count: 5)
        /// Requests that took at most the edge, and last those that took longer than all.
        var buckets = [Int64](repeating: 0, count: RequestMetrics.edges.count + 1)
        var microseconds: Int64 = 0

        mutating func add(status: Int, bucket: Int, microseconds: Int64) {
            statuses[min(max(status / 100, 1), 5) - 1] += 1
            buckets[bucket] += 1
            self.microseconds += microseconds
        }
    }

    /// Upper edges in microseconds.
    static let edges: [Int64] = [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000]

    private let routes = Mutex<[Route: Counts]>([:])

    func add(_ route: Route, status: Int, microseconds: Int64) {
        let bucket = Self.edges.firstIndex { microseconds <= $0 } ?? Self.edges.count
        routes.withLock {
            $0[route, default: Counts()].add(status: status, bucket: bucket, microseconds: microseconds)
        }
    }

    func write(to text: inout MetricsText) {
        let all = routes.withLock { $0 }.sorted { ($0.key.path, $0.key.method) < ($1.key.path, $1.key.method) }
        guard !all.isEmpty else { return }
        text.family("magpie_http_requests_total", .counter, "Requests by route and class of status.") { family in
            for (route, counts) in all {
                for (place, count) in counts.statuses.enumerated() where count > 0 {
                    family.sample(
                        count, ["method": route.method, "route": route.path, "status": "\(place + 1)xx"])
                }
            }
        }
        text.family("magpie_http_request_seconds", .histogram, "From the head of a request to that of its response.") {
            family in
            for (route, counts) in all {
                family.histogram(
                    counts.buckets, edges: Self.edges, sum: counts.microseconds,
                    ["method": route.method, "route": route.path])
            }
        }
    }
}
