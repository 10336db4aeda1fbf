import MagpieDomain
import MagpieRetrieval

/// New items among an answer's: a place that is a row of the stage, or an item without a row.
enum AnswerPlace {
    case row(Int)
    case added(LiveItems.Found)
}

extension Recommender {
    /// Puts the items that no bundle has yet among those that the bundle answers with.
    ///
    /// A new item has no features, so the ranker cannot place it. The retriever that found it can: it stands at its rank
    /// by that retriever's opinion of all candidates. So a new title that has all the words stands first, and one that has
    /// a common word in a long text stands where such items stand.
    func placing(_ order: [Int], _ stage: Candidates, _ request: Request) -> [AnswerPlace] {
        let places = order.map(AnswerPlace.row)
        guard let live = catalogue.items, request.candidates == nil else { return places }
        let names = request.onlyRetriever.map { [$0] } ?? stage.scenario.retrievers
        let found = live.added(for: stage.query, from: names, limit: request.count) { isShown($0, request, stage.now) }
        guard !found.isEmpty else { return places }
        // By retriever best first, so that of equal places the better one comes first; each item once.
        var seen: Set<ItemID> = []
        var before: [[LiveItems.Found]] = Array(repeating: [], count: order.count + 1)
        for one in found where seen.insert(one.entry.id).inserted {
            let opinion = stage.opinions.first { $0.retriever == one.retriever }?.scores
            let place = order.count { (opinion?[$0] ?? .nan) >= one.score }
            before[place].append(one)
        }
        var result: [AnswerPlace] = []
        for (place, row) in order.enumerated() { result += before[place].map(AnswerPlace.added) + [.row(row)] }
        return result + before[order.count].map(AnswerPlace.added)
    }

    /// What stands for an item that no bundle has, where others like it are asked for: its title and its keywords.
    func words(ofNew id: ItemID) -> String? {
        guard let entry = catalogue.items?.entry(id) else { return nil }
        let text = ItemTexts.forEncoder(entry, TextOptions())
        let words = [TitleParts(text.title).main] + text.keywords
        return words.joined(separator: " ").trimmingWhitespace()
    }

    /// Whether an item without a row may be in the answer.
    func isShown(_ entry: Entry<Item>, _ request: Request, _ now: Timestamp) -> Bool {
        entry.isAvailable(at: now) && entry.id != request.seed && !request.exclude.contains(entry.id)
            && request.filter.map { filter in filter.evaluate { entry.attributes[$0] } } ?? true
    }

    /// The entry of an item without a row.
    /// - Parameter score: that of the item before which it stands, so that scores do not rise along the answer.
    func entry(_ found: LiveItems.Found, score: Float) -> Answer.Entry {
        var title: String?
        if case .text(let text)? = found.entry.attributes[ReservedAttribute.title] { title = text }
        return Answer.Entry(
            index: nil, id: found.entry.id, title: title, score: score,
            proposals: [.init(retriever: found.retriever, rank: found.rank, score: found.score)], features: [])
    }
}
