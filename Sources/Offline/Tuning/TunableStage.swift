/// The search spaces that ship: for each stage what is worth trying, and which system shows it.
public struct TunableStage: Sendable {
    public let name: String
    /// What a trial is measured by: the retriever by itself, or "fusion".
    public let system: String
    public let scenario: String
    /// Which retrievers a trial fits; the others would cost time and change nothing.
    public let parameters: [String]

    public static let all = [
        // Defaults of word2vec lose on interactions by large factors; these are the ranges in which others were found to
        // win (Caselles-Dupre et al. 2018, "Word2vec applied to recommendation: hyperparameters matter", table 3).
        TunableStage(
            name: "embedding", system: "embedding", scenario: "home",
            parameters: [
                "embedding.skipGram.noiseExponent=-0.5..1.0", "embedding.skipGram.window=5..100:log",
                "embedding.skipGram.epochs=5..100:log", "embedding.skipGram.subsample=0,1e-5,1e-4,3e-4,1e-3",
                "embedding.skipGram.dimensions=32,64,128,256", "embedding.skipGram.negatives=5,10,20",
                "embedding.corpus=walks,sessions,both", "walks.walksPerNode=5..50:log", "walks.length=10..80:log",
                "embedding.table.popularityWeight=0.0..1.0", "embedding.table.recencyDecay=0.3..1.0",
            ]),
        TunableStage(
            name: "neighbours", system: "neighbours", scenario: "home",
            parameters: [
                "neighbours.alpha=0.0..1.5", "neighbours.beta=0.0..1.0", "neighbours.topN=50..500:log",
                "neighbours.recencyDecay=0.5..1.0",
            ]),
        // What follows what is another matter in every catalogue (docs/adr/0021): films that go together, songs one after
        // another, toys bought once.
        TunableStage(
            name: "transitions", system: "transitions", scenario: "home",
            parameters: [
                "transitions.window=1..50:log", "transitions.gapExponent=0.0..2.0", "transitions.backward=0.0..1.0",
                "transitions.alpha=0.0..1.5", "transitions.beta=0.0..1.0", "transitions.items=1..50:log",
                "transitions.recencyDecay=0.3..1.0",
            ]),
        TunableStage(
            name: "ease", system: "ease", scenario: "home",
            parameters: [
                "ease.regularisation=20.0..5000.0:log", "ease.recencyDecay=0.8..1.0", "ease.topN=50..1000:log",
            ]),
        TunableStage(
            name: "cosine", system: "cosine", scenario: "home",
            parameters: ["cosine.shrinkage=0.0..100.0", "cosine.recencyDecay=0.5..1.0", "cosine.topN=50..1000:log"]),
        TunableStage(
            name: "sessions", system: "sessions", scenario: "home",
            parameters: [
                "sessions.gapMinutes=10..10000:log", "sessions.sample=100..5000:log",
                "sessions.neighbours=20..1000:log",
                "sessions.items=3..200:log",
            ]),
        TunableStage(
            name: "als", system: "embedding", scenario: "home",
            parameters: [
                "embedding.source=als", "embedding.als.dimensions=32,64,128,256", "embedding.als.epochs=5..30",
                "embedding.als.confidence=0.5..50.0:log", "embedding.als.regularization=0.3..300.0:log",
                "embedding.als.popularityWeight=0.0..0.5", "embedding.als.recencyDecay=0.5..1.0",
            ]),
        TunableStage(
            name: "text", system: "text", scenario: "search",
            parameters: [
                "text.k1=0.3..2.0", "text.b=0.0..1.0", "text.titleBoost=1.0..10.0:log",
                "text.keywordBoost=0.2..3.0:log", "text.textBoost=0.2..3.0:log",
            ]),
    ]

    public static func named(_ name: String) throws -> TunableStage {
        guard let stage = all.first(where: { $0.name == name }) else {
            throw TuningError.unknownStage(got: name, expected: all.map(\.name))
        }
        return stage
    }
}
