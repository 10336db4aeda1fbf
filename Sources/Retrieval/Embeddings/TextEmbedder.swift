/// Lands a text in the space of the items' input vectors, so that a search is one cosine away from behaviour.
public protocol TextEmbedder: Sendable {
    /// That of the item vectors.
    var dimension: Int { get }

    /// A vector of any length above 0; nil when nothing of the text is known.
    func embed(_ text: String) -> [Float]?
}
