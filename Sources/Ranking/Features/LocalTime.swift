import Foundation
import MagpieDomain

/// When the request comes, on the clock on the wall of the configured time zone: the hour (0 ..< 24) and the day of the
/// week (0 = Monday ... 6). The same for all candidates.
struct LocalTime: Feature {
    let timeZone: TimeZone

    var columns: [String] { ["time.hour", "time.weekday"] }

    func write(_ context: FeatureContext, to matrix: FeatureColumns) {
        let clock = WallClock(timeZone, at: context.now)
        let (hour, weekday) = (clock.hour(of: context.now.milliseconds), clock.weekday(of: context.now.milliseconds))
        for row in context.items.indices {
            matrix[row, 0] = Float(hour)
            matrix[row, 1] = Float(weekday)
        }
    }
}

/// Local times by one offset, that of a moment: what happened under the other half of the year's clock is an hour off,
/// which for "evenings" is near enough, and a thousand questions to a calendar are not.
struct WallClock {
    private let offset: Int64

    init(_ timeZone: TimeZone, at moment: Timestamp) {
        // A calendar knows no year 290 million; neither does an offset.
        let seconds = min(max(Double(moment.milliseconds) / 1_000, -1e11), 1e11)
        offset = Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * 1_000
    }

    /// 0 ..< 24, with its fraction.
    func hour(of milliseconds: Int64) -> Double { Double(inDay(milliseconds).rest) / 3_600_000 }

    /// 0 = Monday. The first day of 1970 was a Thursday.
    func weekday(of milliseconds: Int64) -> Int {
        let (day, _) = inDay(milliseconds)
        return Int(((day + 3) % 7 + 7) % 7)
    }

    private func inDay(_ milliseconds: Int64) -> (day: Int64, rest: Int64) {
        let (quotient, remainder) = (milliseconds &+ offset).quotientAndRemainder(dividingBy: 86_400_000)
        return remainder < 0 ? (quotient - 1, remainder + 86_400_000) : (quotient, remainder)
    }
}
