import MagpieDomain

/// Whether the candidate is as popular as what this user likes: the product of the candidate's popularity and
/// that of the user's last five items (some people want blockbusters), and the distance between the two.
struct PopularityTaste: Feature {
    var columns: [String] { ["popularity.tasteProduct", "popularity.tasteGap"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let recent = context.recent(5)
        guard !recent.isEmpty else { return }
        let taste = recent.reduce(Float(0)) { $0 + context.popularity.share(of: $1.item) } / Float(recent.count)
        for (row, item) in context.items.enumerated() {
            let share = context.popularity.share(of: item)
            // Centred, so that the product says more than the share alone.
            matrix[row, 0] = share * (taste - 0.5)
            matrix[row, 1] = abs(share - taste)
        }
    }
}
