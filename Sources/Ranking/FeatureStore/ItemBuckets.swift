import MagpieArtifacts
import MagpieDomain

/// The part of a ``Checkpoint`` that says when things happened to each item, see ``EventBuckets``.
struct ItemBuckets: Sendable {
    private let hours: Rows
    private let days: Rows
    /// I32 [i, 2]: hour, day.
    private let forgotten: Tensor<Int32>
    /// nil before layout 4.
    private let looks: (rows: Rows, forgotten: Tensor<Int32>)?

    private struct Rows: Sendable {
        let offsets: Tensor<Int64>
        /// I32 [b, 3]: number, events, positives.
        let values: Tensor<Int32>

        init(_ file: TensorFile, _ name: String, itemCount: Int) throws {
            offsets = try file.tensor("items.\(name)", as: Int64.self, shape: [itemCount + 1])
            values = try file.tensor("\(name).counts", as: Int32.self, shape: [nil, 3])
            try Checkpoint.check(offsets, ends: values.shape[0], "items.\(name)", file.url)
        }

        func array(of row: Int) -> [EventBuckets.Bucket] {
            (Int(offsets[row])..<Int(offsets[row + 1])).map {
                .init(number: values[3 * $0], events: values[3 * $0 + 1], positives: values[3 * $0 + 2])
            }
        }

        static func add(_ name: String, _ rows: [EventBuckets], to file: inout TensorFileWriter) {
            file.add("items.\(name)", Checkpoint.offsets(rows.map(\.buckets.count)))
            let buckets = rows.flatMap(\.buckets)
            file.add(
                "\(name).counts", buckets.flatMap { [$0.number, $0.events, $0.positives] }, shape: [buckets.count, 3])
        }
    }

    init(_ file: TensorFile, itemCount: Int) throws {
        looks =
            file.layout < 4
            ? nil
            : (
                try Rows(file, "looks", itemCount: itemCount),
                try file.tensor("looks.forgotten", as: Int32.self, shape: [itemCount])
            )
        hours = try Rows(file, "hours", itemCount: itemCount)
        days = try Rows(file, "days", itemCount: itemCount)
        forgotten = try file.tensor("items.forgotten", as: Int32.self, shape: [itemCount, 2])
    }

    func hours(of row: Int) -> EventBuckets { EventBuckets(hours.array(of: row), forgotten: forgotten[2 * row]) }
    func days(of row: Int) -> EventBuckets { EventBuckets(days.array(of: row), forgotten: forgotten[2 * row + 1]) }

    func looks(of row: Int) -> EventBuckets {
        looks.map { EventBuckets($0.rows.array(of: row), forgotten: $0.forgotten[row]) } ?? EventBuckets()
    }

    /// See ``ItemRecords``.
    func records(counts: Tensor<Int64>, _ lists: ItemLists) -> ItemRecords {
        ItemRecords(
            counts: counts.pointer, visitOffsets: lists.visitOffsets.pointer, visitTimes: lists.time.pointer,
            hours: .init(hours.offsets, hours.values, forgotten: forgotten.pointer, stride: 2),
            days: .init(days.offsets, days.values, forgotten: forgotten.pointer + 1, stride: 2),
            looks: looks.map { .init($0.rows.offsets, $0.rows.values, forgotten: $0.forgotten.pointer, stride: 1) })
    }

    static func add(_ items: [ItemState], to file: inout TensorFileWriter) {
        Rows.add("hours", items.map(\.hours), to: &file)
        Rows.add("days", items.map(\.days), to: &file)
        file.add(
            "items.forgotten", items.flatMap { [$0.hours.forgotten, $0.days.forgotten] }, shape: [items.count, 2])
        Rows.add("looks", items.map(\.looks), to: &file)
        file.add("looks.forgotten", items.map(\.looks.forgotten))
    }
}
