/// The names of the files of a bundle. Each is described by the type that reads it.
public enum BundleFiles {
    public static let items = "items.safetensors"
    public static let embeddings = "embeddings.safetensors"
    /// Partitioned indexes over the two spaces of the embeddings; absent where exact search is quicker.
    public static let inputIndex = "index-in.safetensors"
    public static let outputIndex = "index-out.safetensors"
    public static let queryEncoder = "query-encoder.safetensors"
    public static let text = "text.safetensors"
    public static let semantic = "semantic.safetensors"
    /// A partitioned index over its items; absent where exact search is quicker.
    public static let semanticIndex = "index-semantic.safetensors"
    public static let neighbours = "neighbours.safetensors"
    public static let transitions = "transitions.safetensors"
    public static let ease = "ease.safetensors"
    public static let cosine = "cosine.safetensors"
    public static let sessions = "sessions.safetensors"
    public static let popular = "popular.safetensors"
    public static let state = "state.safetensors"
    /// Tables that were computed elsewhere; absent where there are none.
    public static let outside = "outside.safetensors"

    /// Tables of neighbours, in the order of their retrievers.
    static let tables = [neighbours, transitions, ease, cosine]
    /// Each the whole of one retriever, or of two that ask it differently.
    private static let retrievers = [embeddings] + tables + [sessions, text, semantic, popular]

    /// Retrievers that a bundle can do without: its files are named like them.
    public static let optionalRetrievers = ["neighbours", "transitions", "ease", "cosine", "sessions", "semantic"]

    /// The files of a whole bundle's retrievers.
    static func retrievers(without names: [String]) -> [String] {
        retrievers.filter { file in !names.contains { file == $0 + ".safetensors" } }
    }

    /// Of who has hardly a history; absent where one ranker is for all.
    public static func newcomers(_ scenario: String) -> String { "newcomers.\(scenario).safetensors" }

    public static func ranker(_ scenario: String) -> String { "ranker.\(scenario).safetensors" }
}
