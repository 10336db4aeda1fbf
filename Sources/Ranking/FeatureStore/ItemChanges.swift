import MagpieDomain

/// Which items were liked last, so that whoever keeps a list of them need not look at all. Bounded: who has not asked
/// for long is told that all may have changed.
struct ItemChanges {
    static let capacity = 4_096

    /// How many changes there have been.
    private(set) var version: Int64 = 0
    /// The newest, oldest first.
    private var newest: [ItemKey] = []
    /// Changes before this version are not told.
    private var known: Int64 = 0

    mutating func note(_ item: ItemKey) {
        version += 1
        newest.append(item)
        if newest.count == 2 * Self.capacity {
            newest.removeFirst(Self.capacity)
            known = version - Int64(newest.count)
        }
    }

    mutating func noteAll() {
        version += 1
        newest.removeAll()
        known = version
    }

    func items(since version: Int64) -> [ItemKey]? {
        version < known ? nil : Array(newest.suffix(Int(self.version - min(version, self.version))))
    }
}
