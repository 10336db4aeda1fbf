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
    }

    /// How the questions were made and what is ranked: numbers of two protocols never stand in one table.
    public var protocolName: String
    /// Columns, in order.
    public var metrics: [String]
    public var rows: [Row]
    public var comparisons: [Comparison]

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
