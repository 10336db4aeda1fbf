/// Skip-gram with negative sampling, in word2vec's terms (Mikolov et al. 2013, "Distributed Representations of
/// Words and Phrases and their Compositionality").
public struct SkipGramOptions: Codable, Sendable, Hashable {
    public var dimensions = 64
    /// Items to each side that count as context.
    public var window = 5
    /// Draw the window anew for each item from 1 ... window, so that near items weigh more.
    public var dynamicWindow = true
    public var epochs = 3
    /// Noise items a pair.
    public var negatives = 10
    /// Noise is drawn in proportion to frequency^noiseExponent.
    public var noiseExponent = 0.75
    /// word2vec's `sample`: an item of relative frequency f stays with probability sqrt(t/f) + t/f; 0 = all stay.
    public var subsample = 0.0
    /// Falls linearly over the corpus and all epochs ...
    public var learningRate = 0.025
    /// ... to this.
    public var minimumLearningRate = 0.0001
    /// Vectors are means over the training, late states weighing more (``TrainingMean``); otherwise what it ended with.
    public var averaged = true
    /// P: items are dealt into so many blocks, and up to P threads work at once. Part of the result, so it comes
    /// from here and never from the machine. Small catalogues use fewer: at least 64 items a block.
    public var blocks = 16
    /// About how many pairs are bucketed at a time: enough to keep threads busy between barriers, few enough for
    /// the order of training to stay near that of the corpus.
    public var pairsPerChunk = 65_536

    public init() {}
}
