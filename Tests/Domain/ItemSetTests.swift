import MagpieDomain
import Testing

/// Sets of other sizes against each other, beside sets of Swift.
@Suite struct ItemSetTests {
    @Test func ofTwoSizes() {
        var state: UInt64 = 1
        func random(below n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }
        for (a, b, size) in [(0, 0, 0), (1, 64, 63), (64, 65, 1), (130, 20, 200), (20, 130, 64), (200, 200, 129)] {
            let one = ItemSet(itemCount: a) { _ in random(below: 2) == 0 }
            let two = ItemSet(itemCount: b) { _ in random(below: 3) == 0 }
            #expect(one.count(without: two) == Set(one.items).subtracting(two.items).count)
            let union = one.union(two, itemCount: size)
            #expect(union.itemCount == size)
            #expect(union.items == Set(one.items).union(two.items).filter { Int($0) < size }.sorted())
            #expect(union.count == union.items.count && union.complement.count == size - union.count)
        }
    }
}
