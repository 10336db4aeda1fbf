extension Configuration {
    /// The part of ``checkRanges(file:)`` about rankers.
    func checkRanker(
        _ whole: (String, Int, ClosedRange<Int>) throws -> Void,
        _ real: (String, Double, ClosedRange<Double>) throws -> Void,
        _ fail: (String, String, String) -> ConfigurationError
    ) throws {
        for pair in ranker.crossedFeatures where pair.count != 2 {
            throw fail("ranker.crossedFeatures", "\(pair)", "the names of two columns")
        }
        if Set(ranker.crossedFeatures).count < ranker.crossedFeatures.count {
            throw fail("ranker.crossedFeatures", "a pair twice", "each pair once")
        }
        try real("ranker.heldOut", ranker.heldOut, 0.01...0.99)
        try real("ranker.model.l2", ranker.model.l2, 0...1e6)
        try whole("ranker.model.maximumSteps", ranker.model.maximumSteps, 1...100_000)
        try whole("ranker.maximumExamples", ranker.maximumExamples, 1...1_000_000_000)
        try whole("ranker.refits", ranker.refits, 1...1_000)
        try whole("ranker.searchQueries", ranker.searchQueries, 0...10_000_000)
        try whole("ranker.automaticRequests", ranker.automaticRequests, 0...1_000_000_000)

        try real("ranker.newcomers.share", ranker.newcomers.share, 0...0.9)
        try whole("ranker.newcomers.maximumUsers", ranker.newcomers.maximumUsers, 1...1_000_000_000)
        try whole("ranker.newcomers.minimumUsers", ranker.newcomers.minimumUsers, 1...1_000_000_000)
        try whole("ranker.newcomers.next", ranker.newcomers.next, 0...1_000_000_000)
        try whole("ranker.newcomers.below", ranker.newcomers.below, 0...1_000)
        for (kind, weight) in ranker.objectives.sorted(by: { $0.key < $1.key }) {
            try real("ranker.objectives.\(kind)", weight, 1e-6...1e6)
        }

        let trees = ranker.lambdamart
        try whole("ranker.lambdamart.trees", trees.trees, 1...100_000)
        try real("ranker.lambdamart.learningRate", trees.learningRate, 1e-6...1)
        try real("ranker.lambdamart.start", trees.start, 0...10)
        try whole("ranker.lambdamart.depth", trees.depth, 1...16)
        try whole("ranker.lambdamart.leaves", trees.leaves, 0...65_536)
        if trees.leaves == 1 { try whole("ranker.lambdamart.leaves", 1, 2...65_536) }
        try real("ranker.lambdamart.minimumChildWeight", trees.minimumChildWeight, 0...1e9)
        try real("ranker.lambdamart.l2", trees.l2, 0...1e9)
        try real("ranker.lambdamart.requestSample", trees.requestSample, 0.01...1)
        try real("ranker.lambdamart.columnSample", trees.columnSample, 0.01...1)
        try whole("ranker.lambdamart.bins", trees.bins, 2...65_535)
        try whole("ranker.lambdamart.truncation", trees.truncation, 1...100_000)
        try real("ranker.lambdamart.sigma", trees.sigma, 1e-3...1e3)
        try real("ranker.lambdamart.heldOut", trees.heldOut, 0...0.9)
        try whole("ranker.lambdamart.patience", trees.patience, 1...100_000)
        try whole("ranker.lambdamart.negatives", trees.negatives, 0...1_000_000_000)
    }
}
