import ArgumentParser
import Foundation
import MagpieDomain
import MagpieRetrieval

struct BenchTextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "text",
        abstract: "Build a text index, then ask it: queries a second, percentiles, build time, quality.",
        discussion: """
            Documents and queries are TSV (id, a tab, the text) or JSON Lines ({"id": "7", "title": "...", "text": \
            "..."}: every text is a field). Judgments are TREC's: query, 0, document, relevance. One line for each k. \
            Queries a second and percentiles are of single queries, one after another, on one thread, after a pass that \
            warms up; many at once on all threads stand apart.

            With --known-item there is no query file: each document's title is asked for as it is, with one slip of the \
            finger, and as far as somebody might have typed it. A title that several have is found with any of them.

            With --hybrid everything is asked twice: of BM25 alone, and of BM25 with latent semantics beside it, as \
            `magpie search` puts them together where no ranker is trained.

            EXAMPLES
              magpie bench text --documents cran.tsv --queries cran.queries.tsv --qrels cran.qrels --hybrid
              magpie bench text --documents titles.tsv --queries q.tsv --k 10 100 --plain --json
              magpie bench text --documents films.tsv --known-item --hybrid
            """)

    @Option(help: ArgumentHelp("What to index: .tsv or .jsonl.", valueName: "file"))
    var documents: String

    @Option(help: ArgumentHelp("What to ask: .tsv or .jsonl.", valueName: "file"))
    var queries: String?

    @Option(help: ArgumentHelp("Which documents answer which query.", valueName: "file"))
    var qrels: String?

    @Flag(help: "Ask for the documents' titles, whole, misspelt and half typed.")
    var knownItem = false

    @Option(
        name: .customLong("k"), parsing: .upToNextOption,
        help: ArgumentHelp("How many answers a query wants, 1 to 1000.", valueName: "k"))
    var k: [Int] = [10]

    @Flag(help: "Ask BM25 with latent semantics beside it, too.")
    var hybrid = false

    @Option(help: ArgumentHelp("Dimensions of latent semantics, 1 to 1024.", valueName: "d"))
    var dimensions = SemanticOptions().dimensions

    @Flag(help: "Words as they are: no beginnings, no typing errors.")
    var plain = false

    @Option(help: ArgumentHelp("The language of all texts, an ISO 639-1 code; '' = no stemming.", valueName: "code"))
    var language = "en"

    @Option(name: .customLong("k1"), help: "BM25: how fast repetition stops to count.")
    var k1: Float = 1.2

    @Option(name: .customLong("b"), help: "BM25: how much long texts are discounted, 0 to 1.")
    var b: Float = 0.75

    @Option(help: ArgumentHelp("Where the index is written, and stays; without it, it is gone.", valueName: "file"))
    var keep: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("Where the answers go, as a TREC run of 1000 a query.", valueName: "file"))
    var runFile: String?

    @OptionGroup var compute: ComputeOptions
    @OptionGroup var json: JSONOption

    func validate() throws {
        guard knownItem != (queries != nil) else { throw ValidationError("give --queries, or --known-item") }
        for value in k where !(1...1000).contains(value) {
            throw ValidationError("--k is \(value), expected 1 to 1000")
        }
        guard (1...1024).contains(dimensions) else {
            throw ValidationError("--dimensions is \(dimensions), expected 1 to 1024")
        }
        guard k1 >= 0, k1.isFinite, (0...1).contains(b) else {
            throw ValidationError("--k1 \(k1) --b \(b): expected k1 of 0 or more and b from 0 to 1")
        }
        guard TextAnalysis.knownLanguages.contains(language) else {
            throw ValidationError(
                "--language \(language): expected '' or one of "
                    + TextAnalysis.knownLanguages.dropFirst().joined(separator: ", "))
        }
    }

    func run() throws {
        let file = try IndexFile(keep: keep, awayFrom: [documents, queries, qrels].compactMap { $0 })
        defer { file.remove() }
        let built = try BuiltTextIndex(
            documents, language: language, k1: k1, b: b, options: options, file: file.url)
        let semanticFile = URL(fileURLWithPath: file.url.path + "-semantic")
        defer { try? FileManager.default.removeItem(at: semanticFile) }
        let semantics =
            try hybrid
            ? BuiltSemantics(
                of: built.retriever, dimensions: dimensions, seed: compute.seed, threads: compute.threads,
                file: semanticFile) : nil
        let alone = TextAsker(text: built.retriever)
        let askers = [alone] + (semantics.map { [TextAsker(text: built.retriever, semantic: $0.retriever)] } ?? [])
        let printer = TextPrinter(isJSON: json.isOn)
        if knownItem {
            var points: [KnownItemPoint] = []
            for kind in KnownItemQueries.Kind.allCases {
                let queries = KnownItemQueries(built.input, kind: kind, seed: compute.seed)
                for asker in askers {
                    points.append(queries.measure(asker))
                    if json.isOn, let point = points.last { try printer.printLine(point) }
                }
            }
            if !json.isOn { printer.print(points, built, semantics) }
            return
        }
        let queries = try TextInput(queries ?? "")
        let judgments = try qrels.map { try TextJudgments($0) }
        if let runFile, let last = askers.last {
            try built.writeRun(queries, by: last, to: URL(fileURLWithPath: runFile))
        }
        var points: [TextPoint] = []
        for k in k {
            for asker in askers {
                points.append(
                    built.measure(queries, k: k, by: asker, judgments: judgments, threads: compute.threads))
                if json.isOn, let point = points.last { try printer.printLine(point) }
            }
        }
        if !json.isOn { printer.print(points, built, semantics) }
    }

    private var options: TextSearchOptions {
        var options = TextSearchOptions()
        if plain { (options.prefix, options.typos) = (false, false) }
        return options
    }
}
