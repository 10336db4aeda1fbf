import MagpieDomain

/// What an evaluation found: a row for each system (a retriever by itself, their fusion, the whole), and how the
/// whole compares with the best single retriever.
public struct EvaluationTable: Sendable, Codable {
    public struct Row: Sendable, Codable {
        public var scenario: String
        /// "embedding", "neighbours", ..., "fusion" (ranker off), "whole" (ranker on).
        public var system: String
        public var requests: Int
        /// Means over the requests, by metric name.
        public var values: [String: Double]

        public init(scenario: String, system: String, requests: Int, values: [String: Double]) {
            self.scenario = scenario
            self.system = system
            self.requests = requests
            self.values = values
        }
    }

    public struct Comparison: Sendable, Codable {
        public var scenario: String
        public var metric: String
        public var system: String
        public var against: String
        /// Mean difference and its 95 % interval by paired bootstrap over the requests.
        public var difference: Double
        public var low: Double
        public var high: Double

        public init(
            scenario: String, metric: String, system: String, against: String, difference: Double, low: Double,
            high: Double
        ) {
            self.scenario = scenario
            self.metric = metric
            self.system = system
            self.against = against
            self.difference = difference
            self.low = low
            self.high = high
        }

        public init(
            scenario: String, metric: String, system: String, against: String, _ bootstrap: PairedBootstrap
        ) {
            self.init(
                scenario: scenario, metric: metric, system: system, against: against,
                difference: bootstrap.difference, low: bootstrap.low, high: bootstrap.high)
        }
    }

    /// The same numbers over a part of the requests, or of what is relevant to them.
    public struct Segment: Sendable, Codable {
        public enum Group: String, Sendable, Codable {
            /// By ``HistoryLength`` of who asks.
            case history
            /// By ``ItemKind``: only relevant items of the kind count, over the requests that have one.
            case items
        }

        public struct System: Sendable, Codable {
            public var system: String
            public var values: [String: Double]
        }

        public var scenario: String
        public var group: Group
        /// "1-2", "tail", ...
        public var name: String
        public var requests: Int
        public var systems: [System] = []
        /// The whole with the retriever that is best in this segment.
        public var comparison: Comparison?
    }

    /// How the questions were made and what is ranked: numbers of two protocols never stand in one table.
    public var protocolName: String
    /// Columns, in order.
    public var metrics: [String]
    public var rows: [Row]
    public var comparisons: [Comparison]
    /// Columns beside accuracy, in order; a row need not have all.
    public var others = EvaluationTable.otherMetrics
    /// Empty unless asked for.
    public var segments: [Segment] = []

    public init(protocolName: String, metrics: [String], rows: [Row] = [], comparisons: [Comparison] = []) {
        self.protocolName = protocolName
        self.metrics = metrics
        self.rows = rows
        self.comparisons = comparisons
    }

    /// In order of first appearance.
    public var scenarios: [String] {
        var names: [String] = []
        for row in rows where !names.contains(row.scenario) { names.append(row.scenario) }
        return names
    }
}
