import MagpieArtifacts
import MagpieDomain

/// The part of a ``Checkpoint`` that says what was on each user's screen.
struct ImpressionLists: Sendable {
    private let offsets: Tensor<Int64>
    private let time: Tensor<Int64>
    private let event: Tensor<UInt64>
    private let item: Tensor<UInt64>

    init(_ file: TensorFile, userCount: Int) throws {
        offsets = try file.tensor("users.shown", as: Int64.self, shape: [userCount + 1])
        time = try file.tensor("shown.time", as: Int64.self)
        event = try file.tensor("shown.event", as: UInt64.self, shape: [time.count])
        item = try file.tensor("shown.item", as: UInt64.self, shape: [time.count])
        try Checkpoint.check(offsets, ends: time.count, "users.shown", file.url)
    }

    func shownItems(of row: Int) -> [Impression] {
        (Int(offsets[row])..<Int(offsets[row + 1])).map {
            Impression(time: time[$0], eventHash: event[$0], item: ItemKey(item[$0]))
        }
    }

    static func add(_ users: [UserState], to file: inout TensorFileWriter) {
        let shown = users.flatMap(\.shown)
        file.add("users.shown", Checkpoint.offsets(users.map(\.shown.count)))
        file.add("shown.time", shown.map(\.time))
        file.add("shown.event", shown.map(\.eventHash))
        file.add("shown.item", shown.map(\.item.raw))
    }
}
