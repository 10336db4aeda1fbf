import MagpieDomain

extension FeatureCatalogue {
    /// The catalogue without the columns whose names begin with one of these: what a ranker is worth without them.
    public func without(_ beginnings: [String]) -> FeatureCatalogue {
        beginnings.isEmpty ? self : keeping { column in !beginnings.contains { column.hasPrefix($0) } }
    }

    /// The catalogue with these columns alone: what a ranker was trained on before others were thought of.
    public func only(_ names: Set<String>) -> FeatureCatalogue {
        names.isSuperset(of: self.names) ? self : keeping(names.contains)
    }

    private func keeping(_ isKept: (String) -> Bool) -> FeatureCatalogue {
        FeatureCatalogue(
            features: features.compactMap { feature in
                let kept = feature.columns.indices.filter { isKept(feature.columns[$0]) }
                if kept.count == feature.columns.count { return feature }
                return kept.isEmpty ? nil : Columns(feature, kept)
            })
    }

    /// Whether a column's name begins so.
    public func has(_ beginning: String) -> Bool { names.contains { $0.hasPrefix(beginning) } }
}

/// Some columns of a feature, in their order.
private struct Columns: Feature {
    let feature: any Feature
    let kept: [Int]
    let columns: [String]

    init(_ feature: any Feature, _ kept: [Int]) {
        self.feature = feature
        self.kept = kept
        columns = kept.map { feature.columns[$0] }
    }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let all = FeatureMatrix(names: feature.columns, of: [feature], at: [0], context)
        for row in 0..<all.rowCount {
            for (place, from) in kept.enumerated() { matrix[row, place] = all[row, from] }
        }
    }
}
