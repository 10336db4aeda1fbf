extension QueryEncoder {
    /// What training is tuned by. The defaults were chosen by known-item search on film titles.
    public struct Options: Codable, Sendable, Hashable {
        /// Hash buckets, a power of two. Too few and words share a row; too many and the file is large.
        public var buckets = 1 << 20
        /// Passes over the items; each shows every item under one new query.
        public var epochs = 60
        /// Items that compete in one step: the others are an item's wrong answers.
        public var batch = 512
        /// The first step's length (Adagrad); it falls linearly to nearly 0.
        public var rate: Float = 0.1
        /// What cosines are multiplied by before the softmax (the inverse temperature). Item vectors of skip-gram crowd
        /// into a cone, so that small differences must count: on them 32 finds more than 16, 64 hardly more.
        public var scale: Float = 32

        public init() {}
    }

    /// What training did.
    public struct Report: Sendable {
        public struct Epoch: Codable, Sendable, Hashable {
            /// Mean cross entropy of an item against its batch.
            public var loss: Float
            /// Share of queries whose own item was the nearest of its batch.
            public var accuracy: Float
        }

        public var epochs: [Epoch] = []
        /// Feature vectors in the file.
        public var rows = 0
        /// n x d, row-major: the targets, and for items without one the vector that was learned for it. Unit rows;
        /// zeros for an item that is not known and has no title.
        public var itemVectors: [Float] = []
    }
}
