import MagpieArtifacts
import MagpieDomain

/// The part of a ``Checkpoint`` that is a list for each item: what is trending, and who visited last.
struct ItemLists: Sendable {
    let halfLife: HalfLife
    private let heatOffsets: Tensor<Int64>
    private let period: Tensor<Int64>
    private let sum: Tensor<Int64>
    let visitOffsets: Tensor<Int64>
    let time: Tensor<Int64>
    private let event: Tensor<UInt64>
    private let user: Tensor<UInt64>

    init(_ file: TensorFile, itemCount: Int, halfLife milliseconds: Int64) throws {
        halfLife = HalfLife(milliseconds: milliseconds)
        heatOffsets = try file.tensor("items.heats", as: Int64.self, shape: [itemCount + 1])
        period = try file.tensor("heats.period", as: Int64.self)
        sum = try file.tensor("heats.sum", as: Int64.self, shape: [period.count])
        visitOffsets = try file.tensor("items.visits", as: Int64.self, shape: [itemCount + 1])
        time = try file.tensor("visits.time", as: Int64.self)
        event = try file.tensor("visits.event", as: UInt64.self, shape: [time.count])
        user = try file.tensor("visits.user", as: UInt64.self, shape: [time.count])
        try Checkpoint.check(heatOffsets, ends: period.count, "items.heats", file.url)
        try Checkpoint.check(visitOffsets, ends: time.count, "items.visits", file.url)
    }

    func heat(of row: Int) -> DecayedCount {
        DecayedCount(
            periods: (Int(heatOffsets[row])..<Int(heatOffsets[row + 1])).map { .init(number: period[$0], sum: sum[$0]) }
        )
    }

    func visits(of row: Int) -> [ItemState.Visit] {
        (Int(visitOffsets[row])..<Int(visitOffsets[row + 1])).map {
            .init(time: time[$0], eventHash: event[$0], user: UserKey(user[$0]))
        }
    }

    static func add(_ items: [ItemState], to file: inout TensorFileWriter) {
        let periods = items.flatMap(\.heat.periods)
        let visits = items.flatMap(\.visits)
        file.add("items.heats", Checkpoint.offsets(items.map(\.heat.periods.count)))
        file.add("heats.period", periods.map(\.number))
        file.add("heats.sum", periods.map(\.sum))
        file.add("items.visits", Checkpoint.offsets(items.map(\.visits.count)))
        file.add("visits.time", visits.map(\.time))
        file.add("visits.event", visits.map(\.eventHash))
        file.add("visits.user", visits.map(\.user.raw))
    }
}
