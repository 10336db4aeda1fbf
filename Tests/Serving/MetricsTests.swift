import Testing

@testable import MagpieServing

/// The numbers for Prometheus: the format, and that they are there.
@Suite struct MetricsTests {
    /// Values by `name{labels}`, and the type of each name. Every line is one that the format knows.
    private func parse(_ text: String) throws -> (values: [String: Double], types: [String: String]) {
        var values: [String: Double] = [:]
        var types: [String: String] = [:]
        var name = ""
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if words[0] == "#" {
                if words[1] == "HELP" { name = words[2] }
                if words[1] == "TYPE" { #expect(types.updateValue(words[3], forKey: words[2]) == nil, "\(name) twice") }
                #expect(words[2] == name && words.count == 4)
                continue
            }
            let space = try #require(line.lastIndex(of: " "))
            let sample = String(line[..<space])
            let ends = types[name] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
            #expect(
                ends.contains { sample == name + $0 || sample.hasPrefix(name + $0 + "{") },
                "\(sample) among the samples of \(name)")
            let value = try #require(Double(line[line.index(after: space)...]))
            #expect(values.updateValue(value, forKey: sample) == nil, "\(sample) twice")
        }
        return (values, types)
    }

    @Test(arguments: Client.Transport.allCases)
    func whatAServerTells(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            let before = try await client.get("/metrics")
            #expect(before.status == 200)
            if transport == .socket { #expect(before.contentType == "text/plain; version=0.0.4; charset=utf-8") }
            let (values, types) = try parse(before.text)
            #expect(values["magpie_ready"] == 1 && values["magpie_applied_seq"] == 80)
            #expect(values[#"magpie_index_vectors{index="in",search="exact"}"#] == 12)
            #expect(values[#"magpie_index_vectors{index="out",search="partitioned"}"#] == 12)
            for name in ["sampled_searches", "wanted", "found"] {
                #expect(types["magpie_index_recall_\(name)_total"] == "counter")
                #expect(values[#"magpie_index_recall_\#(name)_total{index="out"}"#] == 0)
                #expect(values[#"magpie_index_recall_\#(name)_total{index="in"}"#] == nil, "exact search has no recall")
            }
            _ = try await client.post("/v1/events", #"{"kind": "view", "userId": "w", "itemId": "action-0"}"#)
            _ = try await client.get("/v1/recommendations?user=u0")
            await client.served.flush()
            let after = try parse(try await client.get("/metrics").text).values
            #expect(after["magpie_applied_seq"] == 81 && after["magpie_served_lists_written_total"] == 1)
            #expect(after["magpie_feature_lag_events"] == 0 && after["magpie_waiting_writes"] == 0)
        }
    }

    @Test func whatAnswersTook() async throws {
        try await Client.run(.memory) { client in
            #expect(try await !client.get("/metrics").text.contains("magpie_answers_total"))
            for user in 0..<4 { _ = try await client.get("/v1/recommendations?user=u\(user)&count=3") }
            _ = try await client.get("/v1/recommendations?user=nobody")
            _ = try await client.get("/v1/search?q=comedy")
            let (values, types) = try parse(try await client.get("/metrics").text)
            #expect(values[#"magpie_answers_total{scenario="home",rung="retrieved"}"#] == 4)
            #expect(values[#"magpie_answers_total{scenario="home",rung="popular"}"#] == 1)
            #expect(values["magpie_explored_answers_total"] == 0 && types["magpie_answer_stage_seconds"] == "histogram")
            for stage in ["query", "retrieve", "score", "features", "rank", "reorder"] {
                #expect(values[#"magpie_answer_stage_seconds_count{stage="\#(stage)"}"#] == 6)
                #expect(values[#"magpie_answer_stage_seconds_sum{stage="\#(stage)"}"#] ?? -1 >= 0)
            }
            #expect(values[#"magpie_retriever_requests_total{retriever="text"}"#] == 1)
            #expect(values[#"magpie_retriever_requests_total{retriever="popular"}"#] ?? 0 >= 5)
            #expect(values[#"magpie_retriever_candidates_total{retriever="popular"}"#] ?? 0 > 0)
            // A list made ahead of time takes no stages.
            _ = try await client.get("/v1/recommendations?user=u0&count=3&mode=auto")
            await client.lists.flush()
            _ = try await client.get("/v1/recommendations?user=u0&count=3&mode=batch")
            let more = try parse(try await client.get("/metrics").text).values
            #expect(more[#"magpie_answers_total{scenario="home",rung="precomputed"}"#] == 1)
            #expect(more[#"magpie_answer_stage_seconds_count{stage="query"}"#] == 7)
        }
    }

    @Test(arguments: Client.Transport.allCases)
    func requestsAreCountedAndTimed(_ transport: Client.Transport) async throws {
        try await Client.run(transport) { client in
            for user in 0..<7 { _ = try await client.get("/v1/recommendations?user=u\(user)") }
            _ = try await client.get("/v1/recommendations?cuont=3")
            _ = try await client.get("/v1/items/action-0/similar")
            _ = try await client.get("/nowhere/u1")
            let values = try parse(try await client.get("/metrics").text).values
            let route = #"method="GET",route="/v1/recommendations""#
            #expect(values["magpie_http_requests_total{\(route),status=\"2xx\"}"] == 7)
            #expect(values["magpie_http_requests_total{\(route),status=\"4xx\"}"] == 1)
            #expect(values["magpie_http_request_seconds_count{\(route)}"] == 8)
            #expect(values["magpie_http_request_seconds_bucket{\(route),le=\"+Inf\"}"] == 8)
            let buckets = RequestMetrics.edges.compactMap {
                values["magpie_http_request_seconds_bucket{\(route),le=\"\(Double($0) / 1e6)\"}"]
            }
            #expect(buckets.count == RequestMetrics.edges.count && buckets == buckets.sorted())
            #expect(values["magpie_http_request_seconds_sum{\(route)}"] ?? 0 > 0)
            // The pattern and never the path: nobody's id is in a metric.
            let similar = #"method="GET",route="/v1/items/{id}/similar",status="2xx""#
            #expect(values["magpie_http_requests_total{\(similar)}"] == 1)
            #expect(values[#"magpie_http_requests_total{method="GET",route="NotFound",status="4xx"}"#] == 1)
        }
    }

    @Test func beforeABundleIsOpen() async throws {
        try await Client.run(.memory, train: false) { client in
            let reply = try await client.get("/metrics")
            let (values, types) = try parse(reply.text)
            #expect(reply.status == 200 && values["magpie_ready"] == 0)
            #expect(types["magpie_applied_seq"] == nil)
        }
    }

    @Test func format() {
        var text = MetricsText()
        text.family("a_total", .counter, "One\\two\nthree \"four\".") { family in
            family.sample(Int64.max, ["index": "a\"b\\c\nd", "x": ""])
            family.sample(-3)
        }
        text.family("nothing_yet", .gauge, "No sample.") { _ in }
        #expect(
            text.text == """
                # HELP a_total One\\\\two\\nthree "four".
                # TYPE a_total counter
                a_total{index="a\\"b\\\\c\\nd",x=""} 9223372036854775807
                a_total -3
                # HELP nothing_yet No sample.
                # TYPE nothing_yet gauge

                """)
    }
}
