import MagpieDomain

// The filter predicate over columns: each condition is one pass over one column, AND, OR and NOT are words of bits.
extension ItemTable {
    /// The items for which the predicate holds: the same as asking ``FilterPredicate/evaluate(_:)`` for each, at the
    /// cost of one pass a condition. A field that no item has is absent everywhere.
    public func matching(_ predicate: FilterPredicate) -> ItemSet {
        switch predicate {
        case .and(let parts):
            var result = ItemSet(itemCount: count).complement
            for part in parts { result.formIntersection(matching(part)) }
            return result
        case .or(let parts):
            var result = ItemSet(itemCount: count)
            for part in parts { result.formUnion(matching(part)) }
            return result
        case .not(let part): return matching(part).complement
        case .exists(let field): return column(field)?.exists(count: count) ?? ItemSet(itemCount: count)
        case .equals(let field, let text):
            return column(field)?.equals(text, count: count) ?? ItemSet(itemCount: count)
        case .compares(let field, let comparison, let operand):
            return column(field)?.compares(comparison, operand, count: count) ?? ItemSet(itemCount: count)
        }
    }

    /// Whether it holds for one item: for a few candidates this is cheaper than ``matching(_:)``.
    public func satisfies(_ predicate: FilterPredicate, _ item: ItemIndex) -> Bool {
        predicate.evaluate { attribute($0, of: item) }
    }
}

extension ItemColumn {
    fileprivate func exists(count: Int) -> ItemSet {
        switch self {
        case .keyword(let column), .keywords(let column):
            ItemSet(itemCount: count) { !column.range(of: $0).isEmpty }
        case .text(let column): ItemSet(itemCount: count) { column.present[$0] != 0 }
        case .number(let values): ItemSet(itemCount: count) { !values[$0].isNaN }
        case .bool(let values): ItemSet(itemCount: count) { values[$0] <= 1 }
        case .time(let column): ItemSet(itemCount: count) { column.present[$0] != 0 }
        case .geo(let values): ItemSet(itemCount: count) { !values[2 * $0].isNaN && !values[2 * $0 + 1].isNaN }
        case .vector(let column): ItemSet(itemCount: count) { column.present[$0] != 0 }
        }
    }

    fileprivate func equals(_ text: PredicateText, count: Int) -> ItemSet {
        let none = ItemSet(itemCount: count)
        switch self {
        case .keyword(let column), .keywords(let column):
            guard let number = column.dictionary.firstIndex(ofSorted: text.text).map(UInt32.init) else { return none }
            return ItemSet(itemCount: count) { item in
                column.range(of: item).contains { column.values[$0] == number }
            }
        case .text(let column):
            let wanted = Array(text.text.utf8)
            return ItemSet(itemCount: count) { item in
                column.present[item] != 0 && column.texts.withBytes(item) { $0.elementsEqual(wanted) }
            }
        case .number(let values):
            guard let number = text.number else { return none }
            return ItemSet(itemCount: count) { values[$0] == number }
        case .bool(let values):
            guard let bool = text.bool else { return none }
            return ItemSet(itemCount: count) { values[$0] == (bool ? 1 : 0) }
        case .time(let column):
            guard let time = text.time?.milliseconds else { return none }
            return ItemSet(itemCount: count) { column.present[$0] != 0 && column.values[$0] == time }
        case .geo, .vector: return none
        }
    }

    fileprivate func compares(_ comparison: FilterPredicate.Comparison, _ operand: FilterPredicate.Operand, count: Int)
        -> ItemSet
    {
        switch (self, operand) {
        case (.number(let values), .number(let other)):
            // NaN, the absent one, compares false with everything.
            ItemSet(itemCount: count) { comparison.holds(values[$0], other) }
        case (.time(let column), .time(let other)):
            ItemSet(itemCount: count) {
                column.present[$0] != 0 && comparison.holds(column.values[$0], other.milliseconds)
            }
        default: ItemSet(itemCount: count)
        }
    }
}
