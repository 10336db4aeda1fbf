import MagpieDomain

/// What every system answered to the questions of one scenario: all that is measured is measured on this.
public struct ScenarioAnswers: Sendable {
    /// A question, and what was known of it when it was asked.
    public struct Asked: Sendable {
        public var question: Question
        /// Positives of the user; nil when nobody in particular asks.
        public var historyLength: Int?
        /// Of each relevant item.
        public var kinds: [ItemKey: ItemKind]

        public init(question: Question, historyLength: Int?, kinds: ItemKinds) {
            self.question = question
            self.historyLength = historyLength
            self.kinds = [:]
            for item in question.relevant { self.kinds[item] = kinds.kind(of: item) }
        }
    }

    public let scenario: String
    public let systems: [System]
    public private(set) var asked: [Asked] = []
    /// By system, aligned with ``systems``; each aligned with ``asked``.
    public private(set) var lists: [[[ItemKey]]]

    public init(scenario: String, systems: [System]) {
        self.scenario = scenario
        self.systems = systems
        lists = Array(repeating: [], count: systems.count)
    }

    /// - Parameter answers: one list a system.
    public mutating func append(_ asked: Asked, _ answers: [[ItemKey]]) {
        precondition(answers.count == systems.count, "\(answers.count) lists of \(systems.count) systems")
        self.asked.append(asked)
        for (system, list) in answers.enumerated() { lists[system].append(list) }
    }

    /// What another bundle's systems, the same ones, answered to further questions.
    public mutating func append(_ other: ScenarioAnswers) {
        precondition(other.systems == systems, "answers of other systems")
        asked += other.asked
        for system in lists.indices { lists[system] += other.lists[system] }
    }

    /// The metric of each request; nil when the system was not asked.
    public func values(of metric: some Metric, _ system: System) -> [Double]? {
        systems.firstIndex(of: system).map { place in
            zip(lists[place], asked).map { metric.value($0, relevant: $1.question.relevant) }
        }
    }
}
