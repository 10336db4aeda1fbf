/// The names of the files of a bundle. Each is described by the type that reads it.
public enum BundleFiles {
    public static let items = "items.safetensors"
    public static let embeddings = "embeddings.safetensors"
    /// Partitioned indexes over the two spaces of the embeddings; absent where exact search is quicker.
    public static let inputIndex = "index-in.safetensors"
    public static let outputIndex = "index-out.safetensors"
    public static let queryEncoder = "query-encoder.safetensors"
    public static let text = "text.safetensors"
    public static let neighbours = "neighbours.safetensors"
    public static let popular = "popular.safetensors"
    public static let state = "state.safetensors"

    /// Each the whole of one retriever.
    static let retrievers = [embeddings, neighbours, text, popular]

    public static func ranker(_ scenario: String) -> String { "ranker.\(scenario).safetensors" }
}
