import Foundation
import MagpieDomain
import MagpieKernels
import MagpieRetrieval

/// One line of `bench text --known-item`.
struct KnownItemPoint: Encodable {
    /// As ``TextPoint/ranking``.
    var ranking: String
    var queries: String
    var count: Int
    var mrr10: Double
    /// Shares of the queries whose title was the first, and among the first ten.
    var first: Double
    var ten: Double
    var p50Micros: Double
    var p99Micros: Double
    var maxMicros: Double
}

/// What somebody types who looks for one document: its title, without year and other names, in small letters.
///
/// - *exact*: the title;
/// - *typo*: with one slip of the finger (``QueryViews/withTypo(_:using:)``); titles without letters are left out;
/// - *prefix*: cut off somewhere in its second half, after three letters at least; shorter titles are left out.
///
/// A title that several documents have is found with any of them. The same queries for the same seed.
struct KnownItemQueries {
    enum Kind: String, CaseIterable {
        case exact, typo, prefix
    }

    let kind: Kind
    private var queries: [(row: Int, text: String)] = []
    private let titles: [String]

    init(_ input: TextInput, kind: Kind, seed: UInt64) {
        self.kind = kind
        titles = input.rows.map { TitleParts($0.title).main.lowercased() }
        for (row, title) in titles.enumerated() where !title.isEmpty {
            var random = RandomSource(seed: seed, UInt64(row), UInt64(Kind.allCases.firstIndex(of: kind) ?? 0))
            switch kind {
            case .exact: queries.append((row, title))
            case .typo:
                let slipped = QueryViews.withTypo(title, using: &random)
                if slipped != title { queries.append((row, slipped)) }
            case .prefix:
                let letters = Array(title)
                let least = max(3, (letters.count + 1) / 2)
                guard letters.count > least else { continue }
                queries.append((row, String(letters.prefix(least + random.below(letters.count - least)))))
            }
        }
    }

    func measure(_ asker: TextAsker) -> KnownItemPoint {
        var (mrr, first, ten) = (0.0, 0, 0)
        for (row, text) in queries {
            let answers = asker.answers(text, k: 10)
            guard let place = answers.firstIndex(where: { titles[Int($0.item)] == titles[row] }) else { continue }
            mrr += 1 / Double(place + 1)
            first += place == 0 ? 1 : 0
            ten += 1
        }
        let times = CallTimes.measured(queries.count) { _ = asker.answers(queries[$0].text, k: 10) }
        let count = Double(max(queries.count, 1))
        return KnownItemPoint(
            ranking: asker.ranking, queries: kind.rawValue, count: queries.count, mrr10: (mrr / count).rounded(to: 4),
            first: (Double(first) / count).rounded(to: 4), ten: (Double(ten) / count).rounded(to: 4),
            p50Micros: times.micros(0.5).rounded(to: 2), p99Micros: times.micros(0.99).rounded(to: 2),
            maxMicros: times.micros(1).rounded(to: 2))
    }
}
