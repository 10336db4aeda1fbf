import MagpieArtifacts
import MagpieDomain
import MagpieRetrieval
import Synchronization

/// Rows past the bundle's, for items that it does not have: what an index of vectors calls them.
final class NewRows: Sendable {
    private let table: ItemTable
    private let state = Mutex(State())

    private struct State {
        var rows: [ItemID: ItemIndex] = [:]  // never iterated
        var ids: [ItemID] = []
    }

    init(beside table: ItemTable) { self.table = table }

    /// The row of an item: the bundle's, else its own, a new one where it has none.
    func row(_ id: ItemID) -> ItemIndex {
        if let known = table.index(of: id) { return known }
        return state.withLock { state in
            if let row = state.rows[id] { return row }
            let row = ItemIndex(table.count + state.ids.count)
            state.ids.append(id)
            state.rows[id] = row
            return row
        }
    }

    /// The row that an item has; nil when it never got one.
    func known(_ id: ItemID) -> ItemIndex? { table.index(of: id) ?? state.withLock { $0.rows[id] } }

    /// What an index found past the bundle's rows, by id.
    func named(_ found: [Scored]) -> [LiveScored] {
        let ids = state.withLock { $0.ids }
        return found.map { LiveScored(id: ids[Int($0.item) - table.count], score: $0.score) }
    }
}

/// The vectors of new and changed items, beside the bundle's: where their words put them. An item that the bundle knows
/// from behaviour keeps the vector it has, whatever is written about it now; the next training blends the two.
///
/// They stand among the input vectors, which answer texts and "similar". What a history asks of are output vectors, which
/// a new item does not have before the next training.
public final class LiveVectors: LiveRetriever {
    public let name = "embedding"
    private let retriever: EmbeddingRetriever
    private let index: LiveVectorIndex
    private let encoder: QueryEncoder
    private let options: TextOptions
    private let table: ItemTable
    private let rows: NewRows

    /// nil unless the retriever searches what changes (``EmbeddingRetriever/searchingLive()``).
    init?(_ retriever: EmbeddingRetriever, _ encoder: QueryEncoder, options: TextOptions, table: ItemTable) {
        guard let index = retriever.live else { return nil }
        self.retriever = retriever
        self.index = index
        self.encoder = encoder
        self.options = options
        self.table = table
        rows = NewRows(beside: table)
    }

    public func upsert(_ item: Entry<Item>) {
        let known = table.index(of: item.id)
        if let known, isByBehaviour(known) { return }
        guard let vector = encoder.embed(item: ItemTexts.forEncoder(item, options)),
            (try? index.upsert(rows.row(item.id), vector)) != nil
        else { return remove(item.id) }
    }

    private func isByBehaviour(_ row: ItemIndex) -> Bool {
        retriever.table.withInput.contains(row) && !retriever.table.byText.contains(row)
    }

    public func remove(_ id: ItemID) {
        guard let row = rows.known(id), !isByBehaviour(row) else { return }
        index.remove(row)
    }

    public func added(for query: Query, limit: Int) -> [LiveScored] {
        guard query.text != nil || query.seed != nil, let vector = retriever.vector(for: query) else { return [] }
        return rows.named(index.added(vector, k: limit))
    }
}
