import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRetrieval

/// One line of `bench text`.
struct TextPoint: Encodable {
    /// "bm25", or "hybrid" with latent semantics.
    var ranking: String
    var documents: Int
    var queries: Int
    var k: Int
    var qps: Double
    var p50Micros: Double
    var p99Micros: Double
    var maxMicros: Double
    /// Many at once, on `threads`.
    var qpsBatch: Double
    var threads: Int
    var buildSeconds: Double
    var openMicros: Double
    var bytes: Int
    var terms: Int
    var postings: Int
    /// With judgments, of 1000 answers a query; absent without.
    var ndcg10: Double?
    var map: Double?
    var mrr10: Double?
}

/// A text index that was built into a file, and how long that took; opened, to be asked.
struct BuiltTextIndex {
    let input: TextInput
    let report: TextIndex.Report
    let retriever: TextRetriever
    let buildSeconds: Double
    let openMicros: Double
    let bytes: Int

    /// The build is timed from texts in memory to the file on disk.
    init(
        _ documents: String, language: String, k1: Float, b: Float, options: TextSearchOptions, file: URL
    ) throws {
        input = try TextInput(documents)
        var weights = TextOptions()
        weights.language = language
        let began = Clock.now
        var collector = TextCollector(TextAnalysis(languages: [language]))
        for row in input.rows {
            collector.add(
                ItemText(
                    fields: row.fields.map { name, text in
                        let isTitle = name == ReservedAttribute.title && row.fields.count > 1
                        return .init(
                            name: name, boost: isTitle ? weights.titleBoost : 1, text: text, language: language)
                    }))
        }
        report = try collector.write(k1: k1, b: b, to: file)
        let wrote = Clock.now
        let index = try TextIndex(opening: file)
        openMicros = Double(Clock.now - wrote) / 1e3
        buildSeconds = Double(wrote - began) / 1e9
        bytes = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        retriever = TextRetriever(index, options: options)
    }

    func measure(
        _ queries: TextInput, k: Int, by asker: TextAsker, judgments: TextJudgments?, threads: Int
    ) -> TextPoint {
        let asked = queries.rows.map { Query(text: $0.text, excluded: ItemSet(itemCount: 0)) }
        func ask(_ q: Int) { _ = asker.answers(asked[q], k: k) }
        for q in asked.indices { ask(q) }
        let times = CallTimes.measured(asked.count, ask)
        var batches: [Double] = []
        for _ in 0..<3 {
            let began = Clock.now
            let piece = 16
            Parallel.forEach((asked.count + piece - 1) / piece, threads: threads) { part in
                for q in part * piece..<min(part * piece + piece, asked.count) {
                    _ = asker.answers(asked[q], k: k)
                }
            }
            batches.append(Double(asked.count) / (Double(Clock.now - began) / 1e9))
        }
        var point = TextPoint(
            ranking: asker.ranking, documents: input.rows.count, queries: asked.count, k: k,
            qps: times.perSecond.rounded(to: 1),
            p50Micros: times.micros(0.5).rounded(to: 2), p99Micros: times.micros(0.99).rounded(to: 2),
            maxMicros: times.micros(1).rounded(to: 2), qpsBatch: batches.sorted()[1].rounded(to: 1), threads: threads,
            buildSeconds: buildSeconds.rounded(to: 3), openMicros: openMicros.rounded(to: 1), bytes: bytes,
            terms: report.terms, postings: report.postings)
        if let judgments { judge(queries, by: asker, judgments, &point) }
        return point
    }

    /// Means over the queries that somebody judged.
    private func judge(
        _ queries: TextInput, by asker: TextAsker, _ judgments: TextJudgments, _ point: inout TextPoint
    ) {
        var (ndcg, map, mrr, count) = (0.0, 0.0, 0.0, 0.0)
        for query in queries.rows {
            let list = asker.answers(query.text, k: 1000).map { input.rows[Int($0.item)].id }
            guard let one = judgments.quality(list, query: query.id) else { continue }
            ndcg += one.ndcg
            map += one.ap
            mrr += one.mrr
            count += 1
        }
        guard count > 0 else { return }
        point.ndcg10 = (ndcg / count).rounded(to: 5)
        point.map = (map / count).rounded(to: 5)
        point.mrr10 = (mrr / count).rounded(to: 5)
    }

    func writeRun(_ queries: TextInput, by asker: TextAsker, to url: URL) throws {
        var lines = ""
        for query in queries.rows {
            for (place, answer) in asker.answers(query.text, k: 1000).enumerated() {
                lines += "\(query.id) Q0 \(input.rows[Int(answer.item)].id) \(place + 1) \(answer.score) magpie\n"
            }
        }
        do { try lines.write(to: url, atomically: true, encoding: .utf8) } catch {
            throw BenchError("\(url.path): cannot be written: check the folder and its permissions")
        }
    }
}
