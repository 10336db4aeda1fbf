import Foundation
import MagpieDomain
import MagpieOnline
import MagpieRetrieval

extension Configuration {
    /// Says which number is out of its range, so that no trainer meets one it cannot work with.
    func checkRanges(file: String) throws {
        func fail(_ path: String, _ got: String, _ expected: String) -> ConfigurationError {
            .badValue(file: file, detail: "\(path): got \(got), expected \(expected)")
        }
        func whole(_ path: String, _ value: Int, _ range: ClosedRange<Int>) throws {
            if !range.contains(value) {
                throw fail(path, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
            }
        }
        func real(_ path: String, _ value: Double, _ range: ClosedRange<Double>) throws {
            if !range.contains(value) {
                throw fail(path, "\(value)", "\(range.lowerBound) to \(range.upperBound)")
            }
        }
        let many = 1_000_000_000

        // A minute is 60,000 ms: so many still fit into Int64.
        try whole("events.sessionGapMinutes", events.sessionGapMinutes, 0...many)
        for (kind, weight) in events.weights.sorted(by: { $0.key < $1.key }) {
            try real("events.weights.\(kind)", weight, 0...1e6)
        }
        for (kind, gain) in events.gains.sorted(by: { $0.key < $1.key }) {
            try real("events.gains.\(kind)", gain, 1e-3...1e6)
        }
        try real("split.heldOut", split.heldOut, 0.01...0.99)
        try whole("split.minimumUsers", split.minimumUsers, 0...many)
        try whole("split.minimumHistory", split.minimumHistory, 0...many)
        try whole("split.horizonDays", split.horizonDays, 0...1_000_000)
        try whole("split.maximumRequests", split.maximumRequests, 1...many)

        try whole("graph.window", graph.window, 0...100_000)
        try whole("graph.edgesPerNode", graph.edgesPerNode, 1...100_000)
        try whole("graph.historyLimit", graph.historyLimit, 1...many)
        if let minutes = graph.sessionGapMinutes { try whole("graph.sessionGapMinutes", minutes, 0...many) }
        for (name, value) in [
            ("sequenceWeight", graph.sequenceWeight), ("backward", graph.backward),
            ("coRatingWeight", graph.coRatingWeight),
        ] { try real("graph.\(name)", value, 0...1e6) }
        for (name, value) in [
            ("gapExponent", graph.gapExponent), ("sequenceLengthExponent", graph.sequenceLengthExponent),
            ("coRatingLengthExponent", graph.coRatingLengthExponent), ("popularityDiscount", graph.popularityDiscount),
        ] { try real("graph.\(name)", value, -10...10) }

        try real("walks.walksPerNode", walks.walksPerNode, 0...100_000)
        try real("walks.popularityExponent", walks.popularityExponent, 0...10)
        try whole("walks.length", walks.length, 1...10_000)
        try real("walks.restart", walks.restart, 0...1)

        let skipGram = embedding.skipGram
        try whole("embedding.skipGram.dimensions", skipGram.dimensions, 1...4_096)
        try whole("embedding.skipGram.window", skipGram.window, 1...10_000)
        try whole("embedding.skipGram.epochs", skipGram.epochs, 0...10_000)
        try whole("embedding.skipGram.negatives", skipGram.negatives, 1...1_000)
        try real("embedding.skipGram.noiseExponent", skipGram.noiseExponent, -10...10)
        try real("embedding.skipGram.subsample", skipGram.subsample, 0...1)
        try real("embedding.skipGram.learningRate", skipGram.learningRate, 0...10)
        try real("embedding.skipGram.minimumLearningRate", skipGram.minimumLearningRate, 0...10)
        try whole("embedding.skipGram.blocks", skipGram.blocks, 1...1_024)
        try whole("embedding.skipGram.pairsPerChunk", skipGram.pairsPerChunk, 1...many)
        let als = embedding.als
        try whole("embedding.als.dimensions", als.dimensions, 1...4_096)
        try whole("embedding.als.epochs", als.epochs, 0...10_000)
        try whole("embedding.als.steps", als.steps, 1...1_000)
        try real("embedding.als.confidence", als.confidence, 0...1e6)
        try real("embedding.als.regularization", als.regularization, 1e-6...1e9)
        try real("embedding.als.popularityWeight", als.popularityWeight, -1e3...1e3)
        try real("embedding.als.recencyDecay", als.recencyDecay, 0...1)
        try real("embedding.als.textWeight", als.textWeight, 0...1e9)
        try real("embedding.textWeight", embedding.textWeight, 0...1e9)
        if embedding.source == .own, embedding.own.items.isEmpty {
            throw fail(
                "embedding.own.items", "nothing", "the file with your items' vectors, as embedding.source is own")
        }
        try real("embedding.table.popularityWeight", embedding.table.popularityWeight, -1e3...1e3)
        try real("embedding.table.recencyDecay", embedding.table.recencyDecay, 0...1)

        try whole("queryEncoder.buckets", queryEncoder.buckets, 2...1 << 26)
        if queryEncoder.buckets.nonzeroBitCount != 1 {
            throw fail("queryEncoder.buckets", "\(queryEncoder.buckets)", "a power of two, such as \(1 << 20)")
        }
        try whole("queryEncoder.epochs", queryEncoder.epochs, 0...100_000)
        try whole("queryEncoder.batch", queryEncoder.batch, 2...8_192)
        try real("queryEncoder.rate", Double(queryEncoder.rate), 0...10)
        try real("queryEncoder.scale", Double(queryEncoder.scale), 0...1_000)

        try whole("lists.count", lists.count, 1...1_000)
        try real("lists.hours", lists.hours, 0.001...1e6)
        try real("lists.activeDays", lists.activeDays, 0...1e6)
        try real("retention.eventDays", retention.eventDays, 0...1e6)
        try whole("retention.bundles", retention.bundles, 1...many)
        try whole("retention.servedMegabytes", retention.servedMegabytes, 1...1_000_000)

        try whole("index.minimumItems", index.minimumItems, 0...many)
        try real("index.recall", index.recall, 0.5...0.998)
        let partitioned = index.partitioned
        try whole("index.partitioned.partitions", partitioned.partitions, 0...65_536)
        try whole("index.partitioned.subspaces", partitioned.subspaces, 0...1_024)
        try whole("index.partitioned.principalAxes", partitioned.principalAxes, 0...4_097)
        try whole("index.partitioned.iterations", partitioned.iterations, 0...1_000)
        try whole("index.partitioned.calibrationQueries", partitioned.calibrationQueries, 1...100_000)

        try checkNeighbours(whole, real)

        for (name, value) in [
            ("titleBoost", text.titleBoost), ("keywordBoost", text.keywordBoost), ("textBoost", text.textBoost),
            ("k1", text.k1),
        ] { try real("text.\(name)", Double(value), 0...1_000) }
        try real("text.b", Double(text.b), 0...1)
        for (name, boost) in text.boosts.sorted(by: { $0.key < $1.key }) {
            try real("text.boosts.\(name)", Double(boost), 0...1_000)
        }
        let languages = TextAnalysis.knownLanguages
        for (path, language) in [("text.language", text.language)]
            + text.languages.sorted(by: { $0.key < $1.key }).map({ ("text.languages.\($0.key)", $0.value) })
            + text.stopWords.keys.sorted().map({ ("text.stopWords", $0) })
        where !languages.contains(language) {
            throw fail(
                path, "\"\(language)\"",
                "\"\" for no stemming, or one of \(languages.dropFirst().joined(separator: ", "))")
        }
        for (place, group) in text.synonyms.enumerated() where group.count < 2 {
            throw fail("text.synonyms[\(place)]", "\(group.count) words", "at least two that mean the same")
        }

        try whole("semantic.dimensions", semantic.dimensions, 1...1_024)
        try whole("semantic.iterations", semantic.iterations, 0...1_000)
        try whole("semantic.maximumItems", semantic.maximumItems, 0...many)

        for name in withoutRetrievers where !BundleFiles.optionalRetrievers.contains(name) {
            throw fail("withoutRetrievers", "\"\(name)\"", BundleFiles.optionalRetrievers.joined(separator: ", "))
        }
        try checkRanker(whole, real, fail)
        try checkScenarios(fail)
    }

    /// A scenario's name is part of a file name and of routes; each names one thing.
    private func checkScenarios(_ fail: (String, String, String) -> ConfigurationError) throws {
        var names = Set<String>()
        for (place, scenario) in scenarios.enumerated() {
            let name = scenario.name
            let isPlain = name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            guard isPlain, (1...64).contains(name.utf8.count) else {
                throw fail(
                    "scenarios[\(place)].name", "\"\(name)\"", "1 to 64 letters, digits, hyphens and underscores")
            }
            guard names.insert(name).inserted else {
                throw fail("scenarios[\(place)].name", "\"\(name)\" again", "a name for each")
            }
            guard (0...1).contains(scenario.diversity) else {
                throw fail("scenarios[\(place)].diversity", "\(scenario.diversity)", "0 to 1")
            }
            guard (0...1).contains(scenario.explore) else {
                throw fail("scenarios[\(place)].explore", "\(scenario.explore)", "0 to 1")
            }
            guard (1...1_000_000).contains(scenario.candidatesPerRetriever) else {
                throw fail(
                    "scenarios[\(place)].candidatesPerRetriever", "\(scenario.candidatesPerRetriever)",
                    "1 to 1000000")
            }
            guard (0...1_000_000).contains(scenario.candidates) else {
                throw fail("scenarios[\(place)].candidates", "\(scenario.candidates)", "0 to 1000000")
            }
        }
    }
}
