/// What "near" means. Inside an index all of them become one inner product and a number a vector; outside, larger is
/// better for all of them.
public enum VectorMetric: String, Codable, Sendable, CaseIterable {
    /// q . x
    case innerProduct = "ip"
    /// q . x over both lengths; a vector of zeros has cosine 0 with everything.
    case cosine
    /// -|q - x|^2
    case euclidean = "l2"
}
