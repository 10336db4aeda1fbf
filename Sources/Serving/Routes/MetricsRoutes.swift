import Hummingbird
import MagpieOnline
import MagpieRetrieval

/// `GET /metrics`: what a Prometheus server reads. Always answers; without an open bundle it says no more than that.
///
///     curl localhost:8080/metrics
///     # HELP magpie_index_recall_found_total ...
///     magpie_index_recall_found_total{index="out"} 5871
///
/// The recall of the live index over the last hour:
/// `rate(magpie_index_recall_found_total[1h]) / rate(magpie_index_recall_wanted_total[1h])`. It is counted anew for each
/// bundle, which is a counter's reset.
struct MetricsRoutes {
    let live: LiveHome
    let served: ServedLog
    let requests: RequestMetrics
    let answers: AnswerMetrics
    let shedder: LoadShedder
    let lists: ListShelf?

    func add(to router: Router<ServingContext>) {
        let (live, served, requests, answers, shedder, lists) = (live, served, requests, answers, shedder, lists)
        router.on("/metrics", [.get]) { _ in
            var text = MetricsText()
            let recommender = live.recommender
            text.family("magpie_ready", .gauge, "1 when a bundle is open, else 0.") {
                $0.sample(recommender == nil ? 0 : 1)
            }
            if let recommender {
                Self.write(recommender, to: &text)
                if let last = try? live.log.lastSeq() {
                    text.family(
                        "magpie_feature_lag_events", .gauge, "Events in the log that live features do not know yet."
                    ) { $0.sample(max(0, last - recommender.state.appliedSeq)) }
                }
            }
            text.family("magpie_waiting_writes", .gauge, "Requests whose events wait for the disk.") {
                $0.sample(live.waitingWrites)
            }
            Self.write(served.counts, to: &text)
            if let lists { Self.write(lists.counts, to: &text) }
            requests.write(to: &text)
            answers.write(to: &text)
            let (shed, waiting) = shedder.counts
            text.family("magpie_shed_requests_total", .counter, "Requests refused because too many were waiting.") {
                $0.sample(shed)
            }
            text.family("magpie_waiting_requests", .gauge, "Requests that wait for a thread.") { $0.sample(waiting) }
            return Response(
                status: .ok, headers: [.contentType: MetricsText.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
        }
    }

    private static func write(_ recommender: Recommender, to text: inout MetricsText) {
        text.family("magpie_applied_seq", .gauge, "The log position that live state has reached.") {
            $0.sample(recommender.state.appliedSeq)
        }
        let indexes = recommender.snapshot.vectorIndexes
        guard !indexes.isEmpty else { return }
        text.family(
            "magpie_index_vectors", .gauge, "Vectors of a space, and whether an index or every row is searched."
        ) { family in
            for index in indexes {
                family.sample(
                    index.vectors, ["index": index.name, "search": index.recall == nil ? "exact" : "partitioned"])
            }
        }
        let sampled = indexes.compactMap { index in index.recall.map { (name: index.name, counts: $0) } }
        guard !sampled.isEmpty else { return }
        func total(_ name: String, _ help: String, _ value: KeyPath<RecallSample.Counts, Int>) {
            text.family("magpie_index_recall_\(name)_total", .counter, help) { family in
                for (index, counts) in sampled { family.sample(counts[keyPath: value], ["index": index]) }
            }
        }
        total("sampled_searches", "Searches that were made again by exact search.", \.searches)
        total("wanted", "Vectors that exact search found in them.", \.wanted)
        total("found", "Those that the index had found.", \.found)
    }

    private static func write(_ counts: ServedLog.Counts, to text: inout MetricsText) {
        text.family("magpie_served_lists_written_total", .counter, "Answers in the log of served lists.") {
            $0.sample(counts.written)
        }
        text.family("magpie_served_lists_dropped_total", .counter, "Answers that the log had no room for.") {
            $0.sample(counts.dropped)
        }
    }

    private static func write(_ counts: ListShelf.Counts, to text: inout MetricsText) {
        func total(_ name: String, _ help: String, _ value: Int) {
            text.family("magpie_lists_\(name)_total", .counter, help) { $0.sample(value) }
        }
        total("computed", "Lists made on a user's visit.", counts.computed)
        total("read", "Answers from a list made ahead of time.", counts.read)
        total("missed", "Requests that found no list.", counts.missed)
        total("expired_unread", "Lists removed without having been shown.", counts.expiredUnread)
        total("dropped", "Lists that could not be written.", counts.dropped)
        text.family("magpie_lists_compute_seconds_total", .counter, "Processor time spent on lists.") {
            $0.sample(microseconds: counts.computeMicroseconds)
        }
    }
}
