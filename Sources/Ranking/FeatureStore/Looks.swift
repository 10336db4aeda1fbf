import Foundation

/// How much one impression is looked at, by its place: 1 / log2(1 + place), the discount of DCG (Järvelin and Kekäläinen 2002),
/// in thousandths. What stands at the top is seen, what is further down perhaps; so that clicks over looks compares items that
/// stood in different places (clicks over expected clicks: Zhang and Jones, WWW 2007). A day of an item holds two million looks
/// at the top; an item that is shown more often would need a wider bucket.
struct Looks: Sendable, Equatable {
    let thousandths: Int32

    /// - Parameter place: 1 = first; nil = not said, taken for the tenth. What is beyond the thousandth counts like it.
    init(place: Int?) {
        let place = min(max(place ?? 10, 1), 1_000)
        thousandths = Int32((1_000 / log2(1 + Double(place))).rounded())
    }
}
