import MagpieDomain

/// One idea of what makes a candidate good, as one or a few columns of the ``FeatureMatrix``.
///
/// A feature must survive a refit, because the retrievers that serve are not the retrievers that the ranker was
/// trained behind: ranks, shares of the best, cosines, rates and ages are allowed; raw retriever scores, raw
/// counts of the log and embedding coordinates are not. NaN = not known. It sees nothing later than
/// ``FeatureContext/now``.
///
/// Columns that are the same for all candidates of a request (who asks, when) order nothing by themselves: they are
/// there for models that ask two questions in a row, such as trees.
///
/// To add one: a file with a type, and a line in ``FeatureCatalogue``. Names of columns follow from the bundle's
/// retrievers and schema alone, never from values, which differ between a draft and its refit.
public protocol Feature: Sendable {
    /// The names of its columns.
    var columns: [String] { get }

    /// Writes `context.items.count` rows into its columns, which hold NaN.
    func write(_ context: FeatureContext, to matrix: FeatureColumns)
}

/// How popular an item is on a scale from 0 (never) to 1 (the most popular item): log(1 + n) / log(1 + max).
/// Implemented in Retrieval, handed over by Online.
public protocol Popularity: Sendable {
    func share(of item: ItemIndex) -> Float
}
