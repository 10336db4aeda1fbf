import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A container of SageMaker, as a process: `train` and `serve` over a folder as `/opt/ml` is.
@Suite struct SageMakerTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    private var root: URL { magpie.folder.appendingPathComponent("ml") }

    private func sagemaker(_ arguments: String...) -> [String] { ["sagemaker"] + arguments + ["--root", root.path] }

    private var failure: String {
        (try? String(contentsOf: root.appendingPathComponent("output/failure"), encoding: .utf8)) ?? ""
    }

    private func ask(
        _ port: Int, _ path: String, _ body: String? = nil, type: String? = nil, accept: String? = nil
    ) async throws -> (status: Int, text: String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = body == nil ? "GET" : "POST"
        request.httpBody = body.map { Data($0.utf8) }
        request.setValue(type, forHTTPHeaderField: "Content-Type")
        if let accept { request.setValue(accept, forHTTPHeaderField: "Accept") }
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @Test func trainedAndServed() async throws {
        _ = try magpie.write(PlantedFilms.films, "ml/input/data/movielens/movies.csv")
        _ = try magpie.write(PlantedFilms.ratings, "ml/input/data/movielens/ratings.csv")
        let parameters = [
            "embedding.skipGram.dimensions": "8", "embedding.skipGram.epochs": "20", "walks.walksPerNode": "40",
            "queryEncoder.epochs": "40", "queryEncoder.batch": "16", "queryEncoder.buckets": "16384",
            "ranker.searchQueries": "400", "timeZone": "Europe/Berlin", "seed": "7", "threads": "2",
            "sagemaker_region": "eu-central-1",
        ]
        _ = try magpie.write(
            String(decoding: try JSONEncoder().encode(parameters), as: UTF8.self),
            "ml/input/config/hyperparameters.json")
        let trained = try magpie.run(sagemaker("train"))
        #expect(trained.exitCode == 0 && trained.output.contains("Published"), "\(trained.error)")
        let work = root.appendingPathComponent("model/work")
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty && failure.isEmpty)

        let process = try magpie.start(sagemaker("serve", "--port", "0"))
        defer { process.terminate() }
        let listening = /http:\/\/[0-9.]+:(\d+)/
        while process.isRunning, magpie.said.firstMatch(of: listening) == nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        let port = try #require(magpie.said.firstMatch(of: listening).flatMap { Int($0.1) })
        while process.isRunning {
            let status = try await ask(port, "/ping").status
            if status == 200 { break }
            #expect(status == 503)
            try await Task.sleep(for: .milliseconds(20))
        }
        let parametersAnswer = try await ask(port, "/execution-parameters")
        #expect(parametersAnswer.status == 200 && parametersAnswer.text.contains("\"BatchStrategy\":\"MULTI_RECORD\""))

        let one = try await ask(port, "/invocations", #"{"user": "u2", "count": 3}"#, type: "application/json")
        #expect(one.status == 200 && one.text.components(separatedBy: "\"id\"").count == 4, "\(one.text)")
        let lines = try await ask(
            port, "/invocations", "{\"user\": \"u2\"}\n{\"q\": \"saffron kiss\"}\n{\"item\": \"20\", \"count\": 4}\n",
            type: "application/jsonlines")
        let answers = lines.text.split(separator: "\n")
        #expect(lines.status == 200 && answers.count == 3, "\(lines.text)")
        #expect(answers[1].contains("Saffron Kiss") && answers[2].contains("\"scenario\":\"similar\""))
        let csv = try await ask(port, "/invocations", "u2,3\nu3\n", type: "text/csv")
        let rows = csv.text.split(separator: "\n").map { $0.split(separator: ",").compactMap { Int($0) } }
        #expect(csv.status == 200 && rows.map(\.count) == [3, 10], "\(csv.text)")
        #expect(rows.first?.allSatisfy { $0 < 15 } ?? false, "u2 likes war films")
        let wrong = try await ask(port, "/invocations", "u2,3\nu3,x\n", type: "text/csv")
        #expect(wrong.status == 400 && wrong.text.contains("line 2"), "\(wrong.text)")
        #expect(try await ask(port, "/invocations", "<a/>", type: "text/xml").status == 415)
        #expect(try await ask(port, "/invocations", "u2", type: "text/csv", accept: "image/png").status == 406)
        process.terminate()
        process.waitUntilExit()
        let ended = try magpie.result(process)
        #expect(ended.exitCode == 0, "\(ended.error)")
    }

    @Test func whyItFailedIsSaid() throws {
        #expect(try magpie.run(sagemaker("train")).exitCode == 1)
        #expect(failure.contains("holds no files"))
        _ = try magpie.write("userId,movieId,rating,timestamp\n", "ml/input/data/clicks/a.csv")
        #expect(try magpie.run(sagemaker("train")).exitCode == 1)
        #expect(failure.contains("channel \"clicks\": expected movielens, events"))
        for (text, part) in [
            ("[", "no JSON object"), (#"{"seed": 7}"#, "\"seed\": expected a text"), (#"{"nothing": "1"}"#, "nothing"),
        ] {
            _ = try magpie.write(text, "ml/input/config/hyperparameters.json")
            #expect(try magpie.run(sagemaker("train")).exitCode == 1)
            #expect(failure.contains(part), "\(failure)")
        }
        let served = try magpie.run(sagemaker("serve"))
        #expect(served.exitCode == 1 && served.error.contains("home.json"), "\(served.error)")
    }
}
