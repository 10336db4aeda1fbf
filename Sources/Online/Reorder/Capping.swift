import MagpieDomain

/// Keeps to ``CategoryCap``s: goes down a list and puts off what would be one too many until the cap holds no longer.
///
/// Nothing is moved that need not be, and nothing is lost unless the first places cannot be filled otherwise: then
/// the list ends there, because a short answer keeps the promise and a long one does not.
struct Capping {
    /// What one cap asks of the list.
    struct Rule {
        var most: Int
        var among: Int
    }

    let rules: [Rule]

    /// - Parameter values: the values of an element for the rule of this number.
    /// - Returns: the elements in their new order, and how many were put off.
    func order<Element>(
        _ elements: [Element], values: (Element, Int) -> [String]
    ) -> (kept: [Element], putOff: Int) {
        let end = rules.map(\.among).max() ?? 0
        guard end > 0 else { return (elements, 0) }
        var counts = [[String: Int]](repeating: [:], count: rules.count)
        var kept: [Element] = []
        var waiting: [(element: Element, values: [[String]])] = []
        var putOff = 0
        var next = 0

        func fits(_ values: [[String]]) -> Bool {
            rules.indices.allSatisfy { rule in
                kept.count >= rules[rule].among
                    || values[rule].allSatisfy { counts[rule][$0, default: 0] < rules[rule].most }
            }
        }
        func place(_ element: Element, _ values: [[String]]) {
            for rule in rules.indices { for value in values[rule] { counts[rule][value, default: 0] += 1 } }
            kept.append(element)
        }
        filling: while kept.count < end {
            // What waits has waited for another rule's end: it comes first, as it stood first.
            if let at = waiting.firstIndex(where: { fits($0.values) }) {
                let (element, values) = waiting.remove(at: at)
                place(element, values)
                continue
            }
            while next < elements.count {
                let element = elements[next]
                next += 1
                let own = rules.indices.map { values(element, $0) }
                if fits(own) {
                    place(element, own)
                    continue filling
                }
                waiting.append((element, own))
                putOff += 1
            }
            return (kept, putOff)
        }
        return (kept + waiting.map(\.element) + elements[next...], putOff)
    }
}
