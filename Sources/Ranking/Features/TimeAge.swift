import MagpieArtifacts
import MagpieDomain

/// How long ago a time attribute of a candidate (`createdAt`) was: log(1 + days). NaN for what lies ahead: at the
/// moment of the request it has not happened.
struct TimeAge: Feature {
    let attribute: String

    var columns: [String] { ["\(attribute).age"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        guard let times = context.table.time(attribute) else { return }
        for (row, item) in context.items.enumerated() {
            if let time = times.time(of: Int(item)) { matrix[row, 0] = context.logDays(since: time.milliseconds) }
        }
    }
}
