import MagpieDomain
import Synchronization

/// Workspaces for sums over rows, used again and again: a request allocates nothing as large as the catalogue, and
/// only what was touched is cleared.
final class RowSumsPool: Sendable {
    private let itemCount: Int
    private let idle = Mutex<[RowAccumulator]>([])

    init(itemCount: Int) { self.itemCount = itemCount }

    /// Calls `body` with sums that are all 0, and clears what it touched.
    func withSums<Result>(_ body: (inout RowAccumulator) -> Result) -> Result {
        var sums = idle.withLock { $0.popLast() } ?? RowAccumulator(itemCount: itemCount)
        let result = body(&sums)
        sums.clear()
        idle.withLock { [sums] in $0.append(sums) }
        return result
    }
}
