extension Array where Element: Comparable {
    /// Inserts into an ascending array that holds the `capacity` greatest of all that ever came, in whatever order.
    mutating func insert(_ element: Element, keeping capacity: Int) {
        // Events mostly come in time order, so the search starts at the end.
        var at = count
        while at > 0, element < self[at - 1] { at -= 1 }
        if count == capacity {
            if at == 0 { return }
            removeFirst()
            at -= 1
        }
        insert(element, at: at)
    }
}
