/// What a load test found.
public struct LoadReport: Sendable, Codable {
    public struct Side: Sendable, Codable {
        /// Of the counted time: sent, answered with 2xx, by status, without an answer (a connection broke).
        public var sent = 0
        public var ok = 0
        public var statuses: [String: Int] = [:]
        public var broken = 0
        /// Answers by the rung that served them.
        public var rungs: [String: Int] = [:]
        /// Answered with 2xx, a second.
        public var perSecond = 0.0
        /// Milliseconds from the moment at which a request was due to the last byte of its answer, of 2xx answers; and of all
        /// others.
        public var milliseconds = Quantiles()
        public var refusedMilliseconds = Quantiles()
    }

    public struct Quantiles: Sendable, Codable {
        public var p50 = 0.0
        public var p90 = 0.0
        public var p99 = 0.0
        public var p999 = 0.0
        public var max = 0.0
        public var mean = 0.0

        public init() {}

        /// - Parameter nanoseconds: in any order.
        init(_ nanoseconds: [Int64]) {
            guard !nanoseconds.isEmpty else { return }
            let sorted = nanoseconds.sorted()
            func at(_ share: Double) -> Double {
                Double(sorted[min(Int((Double(sorted.count) * share).rounded(.up)) - 1, sorted.count - 1)]) / 1e6
            }
            (p50, p90, p99, p999) = (at(0.5), at(0.9), at(0.99), at(0.999))
            max = Double(sorted[sorted.count - 1]) / 1e6
            mean = sorted.reduce(0) { $0 + Double($1) } / Double(sorted.count) / 1e6
        }
    }

    public var questions = Side()
    public var events = Side()
    public var seconds = 0.0
}
