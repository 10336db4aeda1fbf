extension LambdaMART {
    /// `ranker.lambdamart` of the configuration.
    public struct Options: Sendable, Hashable, Codable {
        /// At most so many trees; how many is found on requests held out.
        public var trees = 300
        /// Each tree's share.
        public var learningRate = 0.05
        /// Trees are grown on top of so much of the linear model's score; 0 = from nothing.
        public var start = 0.5
        /// Tests on the way to a leaf, at most.
        public var depth = 6
        /// Leaves of a tree, at most; 0 = as many as `depth` allows. Otherwise the leaf that gains most is split next.
        public var leaves = 8
        /// The least sum of hessians of a leaf: a request's hessians sum to less than a quarter of the log of its pairs.
        public var minimumChildWeight = 5.0
        /// Ridge penalty on the values of leaves, in sums of hessians.
        public var l2 = 5.0
        /// The share of requests that a tree learns from, drawn anew for each.
        public var requestSample = 1.0
        /// The share of features that a tree may test, drawn anew for each.
        public var columnSample = 0.5
        /// A feature's values are put into so many bins.
        public var bins = 256
        /// Pairs count of which one stands among so many first.
        public var truncation = 30
        /// How steep the loss of a pair is.
        public var sigma = 1.0
        /// Whether requests with many pairs are scaled down, see ``LambdaGradient``.
        public var normalised = true
        /// The share of requests held out to find the number of trees; 0 = grow all `trees`.
        public var heldOut = 0.2
        /// So many trees without a better NDCG@10 on these end the search.
        public var patience = 30
        /// Of a request's rows without a gain so many are kept, drawn at random; 0 = all.
        public var negatives = 200

        public init() {}
    }
}
