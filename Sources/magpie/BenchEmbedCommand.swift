import ArgumentParser
import Foundation
import MagpieDomain
import MagpieRetrieval

extension EmbedModel: ExpressibleByArgument {}
extension Corpus: ExpressibleByArgument {}

struct BenchEmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Learn vectors of items by item2vec or ALS: pairs a second, memory, quality on a held-out part.",
        discussion: """
            A line of JSON: seconds and their parts, what was trained a second (a pair is one positive with its noise; a \
            cell is one of the matrix, on either side), the most memory held, a hash of the vectors, and how well they \
            answer: all items but those a user had already are ranked by the mean of their history's input vectors \
            (ALS: by the factors solved from it) against the output vectors.

            --sequences has a line a user: the user, then their items, oldest first; the last is asked for. --events is \
            a table of events, and --test what is asked for. --made-up needs no file.

            EXAMPLES
              magpie bench embed --sequences toys.txt --epochs 10 --window 10
              magpie bench embed --events train.tsv --test test.tsv --columns user,item,rating,timestamp --time-unit s
              magpie bench embed --made-up 10000000 --corpus walks --threads 2
              magpie bench embed --made-up 10000000 --model als --dimensions 128
            """)

    @Option(help: ArgumentHelp("A line a user: the user and their items.", valueName: "file"))
    var sequences: String?

    @Option(help: ArgumentHelp("A table of events, .csv or .tsv.", valueName: "file"))
    var events: String?

    @Option(help: ArgumentHelp("With --events: what the same users liked later.", valueName: "file"))
    var test: String?

    @Option(help: ArgumentHelp("The columns of tables without a header line, in order.", valueName: "a,b,..."))
    var columns: String?

    @Option(help: ArgumentHelp("What the numbers in time columns count: s, ms, us, or iso.", valueName: "unit"))
    var timeUnit: TimeUnit?

    @Option(help: ArgumentHelp("So many made-up events instead of a file.", valueName: "n"))
    var madeUp: Int?

    @Option(help: "Users of made-up events.")
    var users = 200_000

    @Option(help: "Items of made-up events.")
    var items = 50_000

    @Option(
        help: ArgumentHelp(
            "Write users and items of the events as a .npy of two columns, for others.", valueName: "file"))
    var keepEvents: String?

    @Option(help: "item2vec, als, or the graph alone.")
    var model = EmbedModel.item2vec

    @Option(help: "What item2vec reads: sessions (whole histories), walks or both.")
    var corpus = Corpus.sessions

    @OptionGroup(title: "The model") var shape: EmbedShapeOptions
    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        guard [sequences != nil, events != nil, madeUp != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("say one of --sequences, --events and --made-up: what to train on")
        }
        guard test == nil || events != nil else { throw ValidationError("--test goes with --events") }
    }

    func run() throws {
        let input: EmbedInput
        if let sequences {
            input = try EmbedInput(sequences: sequences)
        } else if let events {
            input = try EmbedInput(
                events: events, test: test, columns: columns?.split(separator: ",").map(String.init),
                timeUnit: timeUnit)
        } else {
            input = try EmbedInput(madeUp: madeUp ?? 0, users: users, items: items, seed: compute.seed)
        }
        if let keepEvents { try input.write(to: URL(fileURLWithPath: keepEvents)) }
        var settings = shape.settings
        settings.model = model
        settings.corpus = corpus
        settings.seed = compute.seed
        settings.threads = compute.threads
        let bar = ProgressBar()
        bar.begin(model.rawValue)
        defer { bar.end() }
        let point = try EmbedMeasurement(input: input, settings: settings).point(progress: bar.update)
        bar.end()
        try IndexPrinter(isJSON: true).printLine(point)
    }
}

/// Settings of the models; the defaults are those of training.
struct EmbedShapeOptions: ParsableArguments {
    @Option(help: "Coordinates of a vector.")
    var dimensions = 64

    @Option(help: "Passes; by default 3 for item2vec and 15 for ALS.")
    var epochs: Int?

    @Option(help: "Items to each side.")
    var window = 5

    @Option(help: "Noise items a pair.")
    var negatives = 10

    @Option(help: "Blocks that items are dealt into: so many threads can work at once.")
    var blocks = SkipGramOptions().blocks

    @Option(help: "Noise in proportion to frequency^this.")
    var noiseExponent = 0.75

    @Option(help: "The first learning rate.")
    var learningRate = 0.025

    @Option(help: "What log(1 + popularity) adds to item2vec's scores.")
    var popularityWeight = EmbeddingTableOptions().popularityWeight

    @Option(help: "The weight of a history's item: this to the power of its place.")
    var recencyDecay = EmbeddingTableOptions().recencyDecay

    @Option(help: "ALS: alpha, how much an event says.")
    var confidence = ALSOptions().confidence

    @Option(help: "ALS: lambda, how much long vectors cost.")
    var regularization = ALSOptions().regularization

    @Option(help: "ALS: steps of conjugate gradients a row.")
    var steps = ALSOptions().steps

    var settings: EmbedSettings {
        var settings = EmbedSettings()
        settings.skipGram.dimensions = dimensions
        settings.als.dimensions = dimensions
        if let epochs { (settings.skipGram.epochs, settings.als.epochs) = (epochs, epochs) }
        settings.skipGram.window = window
        settings.skipGram.negatives = negatives
        settings.skipGram.noiseExponent = noiseExponent
        settings.skipGram.blocks = blocks
        settings.skipGram.learningRate = learningRate
        settings.table.popularityWeight = popularityWeight
        settings.table.recencyDecay = recencyDecay
        settings.als.confidence = confidence
        settings.als.regularization = regularization
        settings.als.steps = steps
        return settings
    }

    func validate() throws {
        for (name, value) in [
            ("dimensions", dimensions), ("epochs", epochs ?? 1), ("window", window), ("negatives", negatives),
            ("steps", steps), ("blocks", blocks),
        ] where !(1...10_000).contains(value) {
            throw ValidationError("--\(name) is \(value), expected 1 to 10000")
        }
    }
}
