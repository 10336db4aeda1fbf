import MagpieKernels

/// The examples of one step, allocated once.
struct EncoderBatch: Sendable {
    static let maxFeatures = 1024

    let items: SharedBuffer<UInt32>
    let queries: SharedBuffer<Float>  // size x d, unit
    let lengths: SharedBuffer<Float>  // of the query before it was scaled; 0 = no known feature
    let targets: SharedBuffer<Float>  // size x d, the items' vectors before the step
    let shares: SharedBuffer<Float>  // size x size, softmax minus one-hot
    let gradients: SharedBuffer<Float>  // size x d
    let features: SharedBuffer<UInt32>  // size x maxFeatures
    let counts: SharedBuffer<Int>
    let losses: SharedBuffer<Float>
    let hits: SharedBuffer<Bool>

    init(size: Int, dimension: Int) {
        items = SharedBuffer(count: size, repeating: 0)
        queries = SharedBuffer(count: size * dimension, repeating: 0)
        lengths = SharedBuffer(count: size, repeating: 0)
        targets = SharedBuffer(count: size * dimension, repeating: 0)
        shares = SharedBuffer(count: size * size, repeating: 0)
        gradients = SharedBuffer(count: size * dimension, repeating: 0)
        features = SharedBuffer(count: size * Self.maxFeatures, repeating: 0)
        counts = SharedBuffer(count: size, repeating: 0)
        losses = SharedBuffer(count: size, repeating: 0)
        hits = SharedBuffer(count: size, repeating: false)
    }
}
