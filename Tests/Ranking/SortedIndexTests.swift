import MagpieKernels
import Testing

@testable import MagpieRanking

@Suite struct SortedIndexTests {
    /// Hashes, and what is no hash: all in a corner, equal ones, two heaps.
    private func numbers(_ random: inout RandomSource, count: Int, kind: Int) -> [UInt64] {
        (0..<count).map { _ in
            let number = random.next()
            return switch kind {
            case 0: number
            case 1: number % 1_000
            case 2: .max - number % 7
            default: number % 2 == 0 ? number % 64 : .max - number % 64
            }
        }.sorted()
    }

    @Test(arguments: 0..<4) func whatStandsThereIsFound(kind: Int) {
        for count in [0, 1, 2, 3, 17, 300, 5_000] {
            var random = RandomSource(seed: UInt64(kind), 3, UInt64(count))
            let sorted = numbers(&random, count: count, kind: kind)
            for value in sorted { #expect(sorted.sortedIndex(ofHash: value).map { sorted[$0] } == value) }
            let known = Set(sorted)
            let values = numbers(&random, count: 200, kind: kind) + numbers(&random, count: 200, kind: 0) + [0, .max]
            let together = sorted.withUnsafeBufferPointer { $0.sortedIndices(ofHashes: values) }
            #expect(together.map { $0.map { sorted[$0] } } == values.map { known.contains($0) ? $0 : nil })
            for value in values {
                #expect((sorted.sortedIndex(ofHash: value) != nil) == known.contains(value))
            }
        }
    }

    @Test func whatDoesNotAscendIsAnsweredInRange() {
        for seed in UInt64(0)..<20 {
            var random = RandomSource(seed: seed, 4, 0)
            let numbers = (0..<100).map { _ in random.next() }
            for value in numbers + [0, .max] {
                if let place = numbers.sortedIndex(ofHash: value) { #expect(numbers[place] == value) }
            }
        }
    }
}
