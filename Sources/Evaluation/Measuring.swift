import MagpieDomain

/// What a table measures lists against.
public struct CatalogueKnowledge: Sendable {
    public var counts: CatalogueCounts
    private let rows: [ItemKey: ItemIndex]

    /// - Parameter keys: of the items, aligned with the counts.
    public init(keys: [ItemKey], counts: CatalogueCounts) {
        precondition(keys.count == counts.itemCount, "\(keys.count) items, \(counts.itemCount) counts")
        self.counts = counts
        var rows: [ItemKey: ItemIndex] = [:]
        for (row, key) in keys.enumerated() { rows[key] = ItemIndex(row) }
        self.rows = rows
    }

    /// Items that are not in the catalogue are left out: nothing is known of them.
    func rows(of list: [ItemKey]) -> [ItemIndex] { list.compactMap { rows[$0] } }
}

extension EvaluationTable {
    private static let tailRecall = LongTailRecall(50)

    /// Columns of ``others``.
    public static let otherMetrics = [tailRecall.name] + Metrics.shownOfLists.map(\.name)

    /// Measures the answers of one scenario.
    /// - Parameter seed: of the bootstrap.
    public mutating func add(
        _ answers: ScenarioAnswers, _ catalogue: CatalogueKnowledge, segmented: Bool, seed: UInt64
    ) {
        guard !answers.asked.isEmpty else { return }
        let relevant = answers.asked.map(\.question.relevant)
        for (place, system) in answers.systems.enumerated() {
            var row = Row(
                scenario: answers.scenario, system: system.name, requests: relevant.count,
                values: Self.means(answers.lists[place], relevant))
            let tails = zip(answers.lists[place], answers.asked).compactMap { list, asked in
                Self.tailRecall.value(list, relevant: asked.question.relevant) { asked.kinds[$0] != .head }
            }
            if !tails.isEmpty { row.values[Self.tailRecall.name] = mean(tails) }
            let rows = answers.lists[place].map(catalogue.rows)
            for metric in Metrics.shownOfLists { row.values[metric.name] = metric.value(rows, of: catalogue.counts) }
            self.rows.append(row)
        }
        if let comparison = Self.compare(answers, Array(relevant.indices), relevant, seed: seed) {
            comparisons.append(comparison)
        }
        if segmented { addSegments(answers, seed: seed) }
    }

    private mutating func addSegments(_ answers: ScenarioAnswers, seed: UInt64) {
        for length in HistoryLength.allCases {
            let places = answers.asked.indices.filter { place in
                answers.asked[place].historyLength.map { HistoryLength($0) == length } ?? false
            }
            add(.history, length.rawValue, answers, places, places.map { answers.asked[$0].question.relevant }, seed)
        }
        for kind in ItemKind.allCases {
            let places = answers.asked.indices.filter { answers.asked[$0].kinds.values.contains(kind) }
            let relevant = places.map { place in
                answers.asked[place].question.relevant.filter { answers.asked[place].kinds[$0] == kind }
            }
            add(.items, kind.rawValue, answers, places, relevant, seed)
        }
    }

    /// - Parameter relevant: aligned with `places`.
    private mutating func add(
        _ group: Segment.Group, _ name: String, _ answers: ScenarioAnswers, _ places: [Int],
        _ relevant: [Set<ItemKey>], _ seed: UInt64
    ) {
        guard !places.isEmpty else { return }
        var segment = Segment(scenario: answers.scenario, group: group, name: name, requests: places.count)
        for (system, lists) in zip(answers.systems, answers.lists) {
            segment.systems.append(
                .init(system: system.name, values: Self.means(places.map { lists[$0] }, relevant)))
        }
        segment.comparison = Self.compare(answers, places, relevant, seed: seed)
        segments.append(segment)
    }

    private static func means(_ lists: [[ItemKey]], _ relevant: [Set<ItemKey>]) -> [String: Double] {
        var values: [String: Double] = [:]
        for metric in Metrics.shown {
            values[metric.name] = mean(zip(lists, relevant).map { metric.value($0, relevant: $1) })
        }
        return values
    }

    /// The whole against the best single retriever, by the first metric.
    private static func compare(
        _ answers: ScenarioAnswers, _ places: [Int], _ relevant: [Set<ItemKey>], seed: UInt64
    ) -> Comparison? {
        let metric = Metrics.shown[0]
        var whole: [Double]?
        var best: (name: String, values: [Double])?
        for (system, lists) in zip(answers.systems, answers.lists) {
            let values = zip(places, relevant).map { metric.value(lists[$0], relevant: $1) }
            switch system {
            case .whole: whole = values
            case .retriever(let name):
                if best.map({ mean(values) > mean($0.values) }) ?? true { best = (name, values) }
            case .fusion: break
            }
        }
        guard let whole, let best else { return nil }
        return Comparison(
            scenario: answers.scenario, metric: metric.name, system: System.whole.name, against: best.name,
            PairedBootstrap(whole, best.values, seed: seed))
    }
}

/// Of at least one value.
private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
