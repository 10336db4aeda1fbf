import MagpieDomain

/// What was bought, as small as it can be: for ``UserState/Touch``.
///
/// An event is a purchase when its kind is ``Event/purchaseKind``. The price of a piece is its `unitPrice`, or its `value`
/// divided by its quantity; without a quantity it is one piece. Currencies are not converted: a log should have one.
public struct Purchase: Sendable, Equatable {
    /// Of one piece, in hundredths of the currency; 0 = not said. Saturates.
    public var price: UInt32
    /// In hundredths of a piece; 0 = no purchase. Saturates.
    public var quantity: UInt16

    public static let none = Purchase(price: 0, quantity: 0)

    public init(price: UInt32, quantity: UInt16) {
        self.price = price
        self.quantity = quantity
    }

    public init(_ event: Event) {
        guard event.kind == Event.purchaseKind else {
            self = .none
            return
        }
        let pieces = event.quantity ?? 1
        // Something was bought, however little.
        quantity = pieces > 0 ? max(1, Self.hundredths(pieces)) : 100
        let price = event.unitPrice ?? event.value.map { $0 / (pieces > 0 ? pieces : 1) } ?? 0
        self.price = Self.hundredths(price)
    }

    private static func hundredths<Number: FixedWidthInteger & UnsignedInteger>(_ value: Double) -> Number {
        let scaled = (value * 100).rounded()
        guard scaled > 0 else { return 0 }  // NaN too
        return scaled < Double(Number.max) ? Number(scaled) : .max
    }
}
