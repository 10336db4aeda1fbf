import MagpieDomain
import MagpieOnline

/// Shows an answer to a person, and with `explain` every stage on the way to it.
struct AnswerPrinter {
    let recommender: Recommender
    /// Items of which the features are shown, and features an item.
    private let explained = 3
    private let terms = 6

    init(recommender: Recommender) { self.recommender = recommender }

    private var items: ItemTableNames { ItemTableNames(recommender) }

    func print(_ answer: Answer, title: String, explain: Bool) {
        if explain, let funnel = answer.funnel { printStages(answer, funnel) }
        Swift.print(Style.bold(title), Style.dim("(\(answer.rung.rawValue))"))
        if answer.entries.isEmpty { return Swift.print("  nothing") }
        let isCalibrated = answer.entries.contains { $0.probability != nil }
        var table = Table(
            [.number("#"), .text("item"), .text("title"), .number("score")] + (isCalibrated ? [.number("likely")] : [])
                + [.text("proposed by")])
        for (rank, entry) in answer.entries.enumerated() {
            let proposals = entry.proposals.map { "\($0.retriever) \($0.rank)" }.joined(separator: ", ")
            let likely = entry.probability.map { Numbers.fixed(100 * $0, 1) + " %" } ?? ""
            table.add(
                ["\(rank + 1)", entry.id.string, entry.title ?? "", Numbers.fixed(entry.score, 3)]
                    + (isCalibrated ? [likely] : []) + [proposals])
        }
        Swift.print(table.text(indent: "  "))
    }

    /// What a user liked last, newest first.
    func printHistory(of user: UserKey, name: String, count: Int = 10) {
        guard let state = recommender.state.user(user) else { return }
        Swift.print(
            Style.bold("User \(name) liked"),
            Style.dim("(\(state.positives) of \(state.events) events; the newest \(count))"))
        var table = Table([.text("item"), .text("title"), .text("when")])
        for liked in state.history(limit: count) {
            guard let index = recommender.snapshot.items.index(of: liked.item) else { continue }
            table.add([items.id(index), items.title(index), String(liked.time.iso8601.prefix(10))])
        }
        Swift.print(table.text(indent: "  "))
    }

    private func printStages(_ answer: Answer, _ funnel: Answer.Funnel) {
        Swift.print(Style.bold("1  Query"), Style.dim(time(funnel.microseconds.query)))
        let excluded = funnel.excluded.map { "\(Numbers.count($0.count)) \($0.reason)" }
        let left = funnel.catalogue - funnel.excluded.reduce(0) { $0 + $1.count }
        Swift.print(
            "  \(Numbers.count(funnel.catalogue)) items"
                + (excluded.isEmpty ? "" : ", without \(excluded.joined(separator: ", "))")
                + ": \(Numbers.count(left)) may be shown")
        if let embedding = funnel.queryEmbedding {
            let shown = embedding.prefix(6).map { Numbers.fixed($0, 3) }.joined(separator: " ")
            Swift.print("  query embedding: \(embedding.count) dimensions, [\(shown) …]")
        }
        Swift.print()
        Swift.print(Style.bold("2  Candidates"), Style.dim(time(funnel.microseconds.retrieve)))
        var table = Table([.text("retriever"), .number("proposed"), .number("time"), .text("its first three")])
        for list in funnel.retrieved {
            let first = list.candidates.prefix(3).map { items.title($0.item) }.joined(separator: " · ")
            table.add([list.retriever, "\(list.candidates.count)", time(list.microseconds), first])
        }
        Swift.print(table.text(indent: "  "))
        Swift.print(
            "  \(funnel.merged) distinct; every retriever scores every one (\(time(funnel.microseconds.score)))")
        Swift.print()
        if answer.entries.contains(where: { !$0.features.isEmpty }) {
            let count = recommender.snapshot.features.names.count
            Swift.print(
                Style.bold("3  Features and ranking"),
                Style.dim(
                    "\(count) features of \(funnel.merged) candidates \(time(funnel.microseconds.features)), "
                        + "order \(time(funnel.microseconds.rank))"))
            for (rank, entry) in answer.entries.prefix(explained).enumerated() {
                Swift.print(
                    "  \(rank + 1). \(Style.plain(entry.title ?? entry.id.string)), score \(Numbers.fixed(entry.score, 3)):"
                )
                var table = Table([.text("feature"), .number("value"), .number("adds")])
                for term in entry.features.filter({ $0.contribution != 0 })
                    .sorted(by: { abs($0.contribution) > abs($1.contribution) }).prefix(terms)
                {
                    let sign = term.contribution >= 0 ? "+" : ""
                    table.add([term.name, Numbers.fixed(term.value, 3), sign + Numbers.fixed(term.contribution, 3)])
                }
                Swift.print(table.text(indent: "     "))
            }
            Swift.print()
        }
        let done = reordered(funnel)
        if !done.isEmpty {
            Swift.print(Style.bold("4  Re-order"), Style.dim(time(funnel.microseconds.reorder)))
            for line in done { Swift.print("  " + line) }
            Swift.print()
        }
    }

    private func reordered(_ funnel: Answer.Funnel) -> [String] {
        var done: [String] = []
        if funnel.sameGroup > 0 { done.append("\(funnel.sameGroup) of a group that is already there left out") }
        if funnel.diversity > 0 {
            done.append("diversity \(Numbers.fixed(funnel.diversity, 2)): \(funnel.moved) of the first places changed")
        }
        if funnel.capped > 0 { done.append("\(funnel.capped) put off by a cap") }
        return done
    }

    private func time(_ microseconds: Double) -> String {
        microseconds < 1000 ? "\(Int(microseconds)) µs" : Numbers.fixed(microseconds / 1000, 1) + " ms"
    }
}

/// Titles and ids of a snapshot's items.
private struct ItemTableNames {
    let recommender: Recommender

    init(_ recommender: Recommender) { self.recommender = recommender }

    func id(_ item: ItemIndex) -> String { recommender.snapshot.items.id(of: item).string }
    func title(_ item: ItemIndex) -> String { Style.plain(recommender.snapshot.items.title(of: item) ?? id(item)) }
}
