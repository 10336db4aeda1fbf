import MagpieArtifacts
import MagpieDomain
import MagpieKernels

extension ItemTable {
    /// Asks for what features read of items before they read it, all at once: of a million items it is in no cache.
    func prefetchAttributes(of items: [ItemIndex]) {
        for (name, _) in attributes { column(name)?.prefetch(items) }
    }
}

extension ItemColumn {
    /// - Parameter items: rows of the column.
    fileprivate func prefetch(_ items: [ItemIndex]) {
        switch self {
        case .keyword(let column), .keywords(let column):
            for item in items { MagpieKernels.prefetch(column.offsets.pointer + Int(item)) }
            for item in items { MagpieKernels.prefetch(column.values.pointer + Int(column.offsets[Int(item)])) }
        case .number(let values):
            for item in items { MagpieKernels.prefetch(values.pointer + Int(item)) }
        case .time(let column):
            for item in items {
                MagpieKernels.prefetch(column.values.pointer + Int(item))
                MagpieKernels.prefetch(column.present.pointer + Int(item))
            }
        case .text, .bool, .geo, .vector: break
        }
    }
}
