import MagpieArtifacts
import MagpieDomain
import MagpieRetrieval

/// The latent vectors of new and changed items, beside the bundle's: where their words put them.
public final class LiveSemantics: LiveRetriever {
    public let name = "semantic"
    private let retriever: SemanticRetriever
    private let index: LiveVectorIndex
    private let options: TextOptions
    private let schema: [String: AttributeType]
    private let rows: NewRows

    /// nil unless the retriever searches what changes (``SemanticRetriever/searchingLive()``).
    init?(_ retriever: SemanticRetriever, options: TextOptions, table: ItemTable) {
        guard let index = retriever.live else { return nil }
        self.retriever = retriever
        self.index = index
        self.options = options
        schema = table.schema
        rows = NewRows(beside: table)
    }

    public func upsert(_ item: Entry<Item>) {
        let text = ItemTexts.forIndex(item, schema: schema, options)
        guard let vector = retriever.model.vector(of: text), (try? index.upsert(rows.row(item.id), vector)) != nil
        else { return remove(item.id) }
    }

    public func remove(_ id: ItemID) {
        if let row = rows.known(id) { index.remove(row) }
    }

    public func added(for query: Query, limit: Int) -> [LiveScored] {
        guard let vector = retriever.vector(for: query) else { return [] }
        return rows.named(index.added(vector, k: limit))
    }
}
