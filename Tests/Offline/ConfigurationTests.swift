import Foundation
import MagpieDomain
import MagpieTestSupport
import Testing

@testable import MagpieOffline

@Suite struct ConfigurationTests {
    private func read(_ json: String) throws -> Configuration {
        try Configuration(json: Data(json.utf8), file: "magpie.json")
    }

    private func failure(_ json: String) -> ConfigurationError? {
        do { _ = try read(json) } catch { return error as? ConfigurationError }
        return nil
    }

    @Test func defaults() throws {
        #expect(try read("{}") == Configuration())
        let folder = try TemporaryFolder()
        #expect(try Configuration(reading: folder.file("none.json")) == Configuration())
        #expect(throws: ConfigurationError.self) { try Configuration(reading: folder.url) }
    }

    @Test func whatItWritesItReads() throws {
        var configuration = Configuration()
        configuration.timeZone = "Europe/Berlin"
        configuration.events = EventRules(
            weights: EventRules().weights.merging(["view": 0.5]) { $1 },
            positive: try #require(EventCondition("purchase, view>=30")),
            negative: try #require(EventCondition("dislike, view<=2")), gains: ["purchase": 5],
            sessionGapMinutes: 5)
        configuration.split.kind = .clock
        configuration.embedding.corpus = .both
        configuration.queryEncoder.rate = 0.3
        configuration.graph.sessionGapMinutes = 20
        configuration.index.minimumItems = 7
        configuration.index.partitioned.isFine = false
        configuration.scenarios = [.search]
        let json = try configuration.json()
        #expect(try Configuration(json: json, file: "x") == configuration)
        #expect(try configuration.json() == json)
    }

    @Test func aFewKeysOverTheDefaults() throws {
        let json = #"{"events": {"positive": "purchase", "weights": {"view": 0.25}}, "split": {"heldOut": 0.1}}"#
        let configuration = try read(json)
        #expect(configuration.events.positive.notation == "purchase" && configuration.split.heldOut == 0.1)
        // An open map: the caller's own words beside what ships.
        #expect(configuration.events.weights == EventRules().weights.merging(["view": 0.25]) { $1 })
        #expect(configuration.events.sessionGapMinutes == 30 && configuration.split.kind == .auto)
        #expect(try read(#"{"graph": {"sessionGapMinutes": 20}}"#).graph.sessionGapMinutes == 20)
    }

    /// A key without a default must be listed, or it could not be set.
    @Test func everyOptionalKeyIsListed() {
        func optionals(_ value: Any, _ path: String) -> [String] {
            Mirror(reflecting: value).children.flatMap { child -> [String] in
                guard let label = child.label else { return [] }
                let inner = path.isEmpty ? label : path + "." + label
                if Mirror(reflecting: child.value).displayStyle == .optional { return [inner] }
                return Mirror(reflecting: child.value).displayStyle == .struct ? optionals(child.value, inner) : []
            }
        }
        // The notation of a rule is one string; its insides are no keys.
        let found = optionals(Configuration(), "").filter {
            !$0.hasPrefix("events.positive") && !$0.hasPrefix("events.negative")
        }
        #expect(Set(found) == Configuration.optionalPaths)
    }

    @Test(arguments: [
        (#"{"evnets": {}}"#, "evnets"),
        (#"{"embedding": {"skipGram": {"dimension": 8}}}"#, "embedding.skipGram.dimension"),
        (#"{"z": 1, "a": 1}"#, "a"), (#"{"graph": {"sessionGap": 1}}"#, "graph.sessionGap"),
        (#"{"scenarios": [{"name": "home", "retriever": []}]}"#, "scenarios[0].retriever"),
    ])
    func unknownKeys(json: String, path: String) {
        guard case .unknownKey("magpie.json", let key, let known) = failure(json) else {
            Issue.record("\(json) was read")
            return
        }
        #expect(key == path && !known.isEmpty && known == known.sorted())
    }

    @Test(arguments: [
        (#"{"split": {"heldOut": "a lot"}}"#, "split.heldOut"), (#"{"split": []}"#, "split"),
        (#"{"split": {"kind": "by weather"}}"#, "split.kind"), (#"{"embedding": 3}"#, "embedding"),
        (#"{"ranker": {"searchQueries": true}}"#, "ranker.searchQueries"),
        (#"{"ranker": {"searchQueries": null}}"#, "ranker.searchQueries"),
        (#"{"events": {"weights": {"view": "much"}}}"#, "events.weights.view"),
        (#"{"events": {"positive": ">>"}}"#, "events.positive"),
        (#"{"events": {"gains": {"purchase": 0}}}"#, "events.gains.purchase"),
        (#"{"timeZone": "Mars/Base"}"#, "timeZone"),
        (#"{"scenarios": [{"excludeSeen": true}]}"#, "scenarios[0]"),
        (#"{"ranker": {"heldOut": 1}}"#, "ranker.heldOut"),
        (#"{"scenarios": [3]}"#, "scenarios[0]"),
        (Self.scenario(#""caps": ["genres"]"#), "scenarios[0].caps[0]"),
        (Self.scenario(#""caps": ["genres=0"]"#), "scenarios[0].caps[0]"),
        (Self.scenario(#""diversity": 1.5"#), "scenarios[0].diversity"),
        // Numbers that no trainer could work with.
        (#"{"split": {"heldOut": 1.5}}"#, "split.heldOut"), (#"{"split": {"heldOut": -1}}"#, "split.heldOut"),
        (#"{"split": {"heldOut": 0}}"#, "split.heldOut"), (#"{"split": {"horizonDays": -1}}"#, "split.horizonDays"),
        (#"{"ranker": {"searchQueries": -1}}"#, "ranker.searchQueries"),
        (#"{"ranker": {"model": {"l2": -1}}}"#, "ranker.model.l2"),
        (#"{"ranker": {"kind": "forest"}}"#, "ranker.kind"),
        (#"{"ranker": {"automaticRequests": -1}}"#, "ranker.automaticRequests"),
        (#"{"ranker": {"crossedFeatures": [["age.sinceLast"]]}}"#, "ranker.crossedFeatures"),
        (#"{"ranker": {"crossedFeatures": [["a", "b"], ["a", "b"]]}}"#, "ranker.crossedFeatures"),
        (#"{"ranker": {"crossedFeatures": ["a", "b"]}}"#, "ranker.crossedFeatures"),
        (#"{"ranker": {"lambdamart": {"trees": 0}}}"#, "ranker.lambdamart.trees"),
        (#"{"ranker": {"lambdamart": {"learningRate": 0}}}"#, "ranker.lambdamart.learningRate"),
        (#"{"ranker": {"lambdamart": {"leaves": 1}}}"#, "ranker.lambdamart.leaves"),
        (#"{"ranker": {"lambdamart": {"depth": 17}}}"#, "ranker.lambdamart.depth"),
        (#"{"ranker": {"lambdamart": {"heldOut": 1}}}"#, "ranker.lambdamart.heldOut"),
        (#"{"ranker": {"lambdamart": {"requestSample": 0}}}"#, "ranker.lambdamart.requestSample"),
        (#"{"embedding": {"skipGram": {"dimensions": 0}}}"#, "embedding.skipGram.dimensions"),
        (#"{"embedding": {"skipGram": {"blocks": 0}}}"#, "embedding.skipGram.blocks"),
        (#"{"embedding": {"als": {"regularization": 0}}}"#, "embedding.als.regularization"),
        (#"{"embedding": {"als": {"steps": 0}}}"#, "embedding.als.steps"),
        (#"{"embedding": {"textWeight": -1}}"#, "embedding.textWeight"),
        (#"{"queryEncoder": {"buckets": 1000}}"#, "queryEncoder.buckets"),
        (#"{"index": {"minimumItems": -1}}"#, "index.minimumItems"), (#"{"index": {"recall": 1}}"#, "index.recall"),
        (#"{"index": {"recall": 0.1}}"#, "index.recall"),
        (#"{"index": {"partitioned": {"partitions": 65537}}}"#, "index.partitioned.partitions"),
        (#"{"index": {"partitioned": {"subspaces": -2}}}"#, "index.partitioned.subspaces"),
        (#"{"index": {"partitioned": {"principalAxes": -1}}}"#, "index.partitioned.principalAxes"),
        (#"{"index": {"partitioned": {"iterations": -1}}}"#, "index.partitioned.iterations"),
        (#"{"index": {"partitioned": {"calibrationQueries": 0}}}"#, "index.partitioned.calibrationQueries"),
        (#"{"withoutRetrievers": ["popular"]}"#, "withoutRetrievers"),
        (#"{"withoutRetrievers": ["ease-recent"]}"#, "withoutRetrievers"),
        (#"{"queryEncoder": {"batch": 1}}"#, "queryEncoder.batch"), (#"{"text": {"b": 2}}"#, "text.b"),
        (#"{"walks": {"length": 0}}"#, "walks.length"), (#"{"neighbours": {"topN": 0}}"#, "neighbours.topN"),
        (#"{"graph": {"window": -1}}"#, "graph.window"),
        (#"{"events": {"sessionGapMinutes": 9223372036854775807}}"#, "events.sessionGapMinutes"),
        (#"{"events": {"weights": {"view": -1}}}"#, "events.weights.view"),
    ])
    func badValues(json: String, path: String) {
        guard case .badValue("magpie.json", let detail) = failure(json) else {
            Issue.record("\(json): \(String(describing: failure(json)))")
            return
        }
        #expect(detail.hasPrefix(path), "\(detail)")
        #expect(!detail.contains("\n"))
    }

    private static func scenario(_ more: String) -> String {
        #"{"scenarios": [{"name": "x", "retrievers": [], "candidatesPerRetriever": 9, "excludeSeen": true, "#
            + #""useRanker": true, "onePerGroup": true, \#(more)}]}"#
    }

    /// What came later than the other keys of a scenario may be left out.
    @Test func reorderingOfScenarios() throws {
        func scenario(_ more: String) throws -> Scenario? {
            try Configuration(json: Data(Self.scenario(more).utf8), file: "x").scenarios.first
        }
        let plain = try #require(try scenario(#""caps": []"#))
        #expect(plain.diversity == 0 && plain.caps.isEmpty)
        let both = try #require(try scenario(#""diversity": 0.5, "caps": ["genres=3", "brand=1@10"]"#))
        #expect(both.diversity == 0.5 && both.caps.map(\.notation) == ["genres=3", "brand=1@10"])
    }

    /// A scenario has a name; what else it does not say is as it ships.
    @Test func scenariosInFewWords() throws {
        let json = #"{"scenarios": [{"name": "next", "excludeSeen": false}, {"name": "search", "candidates": 300}]}"#
        let configuration = try Configuration(json: Data(json.utf8), file: "x")
        var (next, search) = (Scenario.home, Scenario.search)
        (next.name, next.excludeSeen, search.candidates) = ("next", false, 300)
        #expect(configuration.scenarios == [next, search])
        guard case .badValue(_, let detail) = failure(#"{"scenarios": [{"excludeSeen": false}]}"#) else {
            Issue.record("a scenario without a name was read")
            return
        }
        #expect(detail.contains("name"), "\(detail)")
    }

    /// Foundation knows neither the number nor the place.
    @Test func aFractionWhereAWholeNumberBelongs() {
        guard case .badValue(_, let detail) = failure(#"{"ranker": {"searchQueries": 17.5}}"#) else {
            Issue.record("it was read")
            return
        }
        #expect(detail.contains("fraction"), "\(detail)")
    }

    @Test(arguments: ["", "[]", "3", "{", "{\"a\": }", "\u{0}"]) func noJSON(text: String) {
        guard case .notJSON(_, let detail) = failure(text) else {
            Issue.record("\(text): \(String(describing: failure(text)))")
            return
        }
        #expect(!detail.contains("\n"))
    }

    /// A name becomes part of a file name.
    @Test func namesOfScenarios() throws {
        for name in ["../x", "a b", "", "é", String(repeating: "x", count: 65), "home"] {
            var configuration = Configuration()
            var extra = Scenario.home
            extra.name = name
            configuration.scenarios.append(extra)
            let json = try configuration.json()
            #expect(throws: ConfigurationError.self, "\(name)") { try Configuration(json: json, file: "x") }
        }
    }
}
