/// "Not more than three comedies": at most ``most`` items with the same value of a keyword attribute among the first
/// ``among`` of an answer.
///
/// Its notation, in the configuration, on the command line and over HTTP: `genres=3` for the whole answer, `genres=3@20`
/// for its first twenty. An item with several values counts for each of them.
public struct CategoryCap: Sendable, Hashable, Notated {
    /// An attribute of type `keyword` or `keywords`.
    public var attribute: String
    /// At least 1.
    public var most: Int
    /// At least 1; nil = as many as are asked for.
    public var among: Int?

    public init(attribute: String, most: Int, among: Int? = nil) {
        precondition(most > 0 && among ?? 1 > 0 && !attribute.isEmpty, "at most \(most) of \"\(attribute)\"")
        self.attribute = attribute
        self.most = most
        self.among = among
    }

    public static let expected = "attribute=most or attribute=most@first, such as genres=3 or genres=3@20"

    /// nil when the text is not in the notation.
    public init?(_ notation: String) {
        guard let equals = notation.lastIndex(of: "="), equals != notation.startIndex else { return nil }
        let numbers = notation[notation.index(after: equals)...].split(separator: "@", omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count), let most = Self.number(numbers[0]) else { return nil }
        var among: Int?
        if numbers.count == 2 {
            guard let first = Self.number(numbers[1]) else { return nil }
            among = first
        }
        self.init(attribute: String(notation[..<equals]), most: most, among: among)
    }

    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), number > 0 else {
            return nil
        }
        return number
    }

    public var notation: String { "\(attribute)=\(most)" + (among.map { "@\($0)" } ?? "") }
}
