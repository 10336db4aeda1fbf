/// How a ``PartitionedIndex`` is built. Zero means: chosen from the data.
public struct PartitionedIndexOptions: Codable, Sendable, Hashable {
    /// Partitions; 0: about 1.5 sqrt(n).
    public var partitions = 0
    /// Subspaces of the product code, 4 bits each; 0: one for two dimensions.
    public var subspaces = 0
    /// Coordinates that partitions and codes see, after a rotation to principal axes; 0: all, at most 128.
    public var principalAxes = 0
    /// Two more bits a coordinate for the last scores.
    public var isFine = true
    /// Rounds of k-means.
    public var iterations = 8
    /// Queries that the search's settings are calibrated on.
    public var calibrationQueries = 400

    public init() {}
}
