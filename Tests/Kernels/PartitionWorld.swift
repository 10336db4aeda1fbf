import CKernels
import MagpieKernels
import Testing

/// What one call of `code_scan` after another reads and writes, from a seed.
struct ScanWorld {
    let subspaces: Int
    let counts: [Int]
    let bases: [Int32]
    let codes: [UInt8]
    let biases: [Int16]
    let tables: [UInt8]
    let items: [UInt32]
    let excluded: [UInt64]?
    let wanted: Int
    let shift: Int32
    let factor: Int16
    let offset: Int16
    let margin: Int32
    let capacity: Int

    /// Lists of `counts` vectors, `base` plus or minus `spread` each. `exclude`: the share of the items that may not
    /// be kept, nil for no bitmap; `copies`: all vectors have the same code; `capacity`: of candidates, nil for the
    /// least that is allowed.
    init(
        seed: UInt64, subspaces: Int, counts: [Int], base: Int32 = 0, spread: Int = 1, exclude: Float? = nil,
        copies: Bool = false, wanted: Int = 10, shift: Int32 = 4, factor: Int16 = 0, margin: Int32 = 0,
        capacity: Int? = nil
    ) {
        var random = RandomSource(seed: seed, UInt64(subspaces))
        self.subspaces = subspaces
        self.counts = counts
        self.wanted = wanted
        self.shift = shift
        self.factor = factor
        self.margin = margin
        self.capacity = capacity ?? 4 * wanted + 1024
        offset = factor == 0 ? Int16(random.below(100)) : abs(factor / 2) + 1  // the least sum is 0
        bases = counts.map { _ in base + Int32(random.below(2 * spread)) - Int32(spread) }
        let blocks = counts.map { ($0 + 63) / 64 }.reduce(0, +)
        let code = UInt8(truncatingIfNeeded: random.next())
        codes = (0..<blocks * 32 * subspaces).map { _ in copies ? code : UInt8(truncatingIfNeeded: random.next()) }
        biases = (0..<blocks * 64).map { _ in
            switch copies ? 0 : random.below(4) {
            case 0: .max
            case 1: .min
            default: Int16(truncatingIfNeeded: random.next())
            }
        }
        let most = min(Int(MK_TABLE_MOST), 32_000 / subspaces)
        tables = (0..<subspaces * 16).map { _ in UInt8(random.below(2) == 0 ? most : random.below(most + 1)) }
        let total = counts.reduce(0, +)
        items = (0..<total).map { _ in UInt32(random.below(2 * total)) }
        excluded = exclude.map { share in
            (0..<total / 32 + 1).map { _ in
                (0..<64).reduce(UInt64(0)) { bits, _ in bits << 1 | (random.uniform() < share ? 1 : 0) }
            }
        }
    }

    struct Outcome: Equatable {
        var keys: [Int32] = []
        var positions: [UInt32] = []
        var threshold: Int32 = .min
        var bucket: UInt32 = 0
        var above: UInt32 = 0
        var margin: Int32 = 0
        var histogram: [UInt16] = []
    }

    func scan(_ table: mk_partition_table) -> Outcome {
        // With room behind, so that one too many is found and not felt.
        let candidates = SharedBuffer<mk_candidate>(
            count: capacity + items.count, repeating: mk_candidate(key: 0, position: 0))
        let histogram = SharedBuffer<UInt16>(count: Int(MK_BUCKETS), repeating: 0)
        let codes = SharedBuffer<UInt8>(count: self.codes.count, repeating: 0)  // starts at a multiple of 64
        for i in 0..<codes.count { codes.pointer[i] = self.codes[i] }
        return tables.withUnsafeBufferPointer { tables in
            items.withUnsafeBufferPointer { items in
                (excluded ?? []).withUnsafeBufferPointer { bitmap in
                    biases.withUnsafeBufferPointer { biases in
                        var scan = mk_scan(
                            tables: tables.baseAddress, subspaces: subspaces, bias_factor: factor, bias_offset: offset,
                            excluded: excluded == nil ? nil : bitmap.baseAddress,
                            items: excluded == nil ? nil : items.baseAddress, wanted: UInt32(wanted), shift: shift,
                            threshold: .min, bucket: 0, above: 0, histogram: histogram.pointer,
                            candidates: candidates.pointer, count: 0, capacity: capacity, margin: margin)
                        var first = 0
                        var block = 0
                        for (count, base) in zip(counts, bases) {
                            table.code_scan(
                                &scan, codes.pointer + block * 32 * subspaces,
                                biases.baseAddress.map { $0 + block * 64 }, UInt32(first), count, base)
                            first += count
                            block += (count + 63) / 64
                        }
                        return Outcome(
                            keys: (0..<scan.count).map { candidates[$0].key },
                            positions: (0..<scan.count).map { candidates[$0].position }, threshold: scan.threshold,
                            bucket: scan.bucket, above: scan.above, margin: scan.margin, histogram: histogram.array())
                    }
                }
            }
        }
    }

    /// The key of each vector, by the sentence in CPartition.h.
    func keys() -> [Int] {
        var keys: [Int] = []
        var block = 0
        for (count, base) in zip(counts, bases) {
            for v in 0..<count {
                let place = v % 64
                let bias = Int(biases[(block + v / 64) * 64 + place / 2 + place % 2 * 32])
                var key = Int(base) + ((bias * Int(factor)) >> 16) + Int(offset)
                for m in 0..<subspaces {
                    let byte = codes[(block + v / 64) * 32 * subspaces + m / 2 * 64 + place]
                    key += Int(tables[m * 16 + Int(m % 2 == 0 ? byte & 15 : byte >> 4)])
                }
                keys.append(key)
            }
            block += (count + 63) / 64
        }
        return keys
    }

    func isAllowed(_ position: Int) -> Bool {
        guard let excluded else { return true }
        return (excluded[Int(items[position] >> 6)] >> UInt64(items[position] & 63)) & 1 == 0
    }

    func bucket(_ key: Int) -> Int { min(max(key, 0) >> Int(shift), Int(MK_BUCKETS) - 1) }

    /// Counts, filters, biases, bases, ties, one after another: what every instruction set must agree on.
    static func all() -> [ScanWorld] {
        var worlds: [ScanWorld] = []
        for subspaces in [2, 4, 6, 26, 64, 130, 392, 1024] {
            let many = subspaces < 100 ? 1000 : 130
            worlds.append(ScanWorld(seed: 1, subspaces: subspaces, counts: [0, 1, 63, 64, 65, 2, 31, many]))
            worlds.append(
                ScanWorld(
                    seed: 2, subspaces: subspaces, counts: [many, 70], base: -(1 << 29), exclude: 0.5, factor: .max))
            worlds.append(
                ScanWorld(
                    seed: 3, subspaces: subspaces, counts: [129, many], base: 1 << 29, wanted: 40, shift: 18,
                    factor: -.max))
        }
        for seed in UInt64(10)..<18 {
            let spread = 1 << (2 * Int(seed % 8))
            let factor: Int16 = seed % 2 == 0 ? 0 : 12_345
            worlds.append(
                ScanWorld(
                    seed: seed, subspaces: 2 * Int(seed), counts: [200, 64, 300, 7, 500], spread: spread,
                    exclude: seed % 3 == 0 ? 0.9 : nil, wanted: seed % 2 == 0 ? 1 : 100, shift: Int32(seed % 7),
                    factor: factor))
        }
        // Copies by the thousand: in the middle, at the bottom and at the top of the histogram.
        for base in [0, -100_000, 1 << 20] as [Int32] {
            worlds.append(ScanWorld(seed: 5, subspaces: 8, counts: [3000, 90, 3000], base: base, copies: true))
            worlds.append(
                ScanWorld(seed: 6, subspaces: 4, counts: [3000, 90], base: base, copies: true, wanted: 3, factor: 500))
        }
        worlds.append(ScanWorld(seed: 7, subspaces: 8, counts: [2500], exclude: 1))
        worlds.append(ScanWorld(seed: 8, subspaces: 8, counts: [2500], exclude: 0.999, wanted: 2))
        worlds.append(ScanWorld(seed: 9, subspaces: 8, counts: [2500], base: 1 << 22, wanted: 200, shift: 0))
        // All that there is, in just room enough and in more.
        for (i, room) in [0, 64, 1000].enumerated() {
            worlds.append(
                ScanWorld(
                    seed: 40, subspaces: 10, counts: [200, 64, 1, 1900], base: -200, spread: 300,
                    exclude: i == 1 ? 0.5 : nil, wanted: Int(UInt32.max), shift: 3, factor: 9_000,
                    capacity: 2165 + room))
        }
        return worlds + withMargins()
    }

    /// What is kept below the wanted ones: less than a bucket, a few, everything; with the least room and with plenty.
    static func withMargins() -> [ScanWorld] {
        var worlds: [ScanWorld] = []
        for (i, margin) in [1, 15, 16, 17, 100, 3000, 1 << 28].enumerated() as EnumeratedSequence<[Int32]> {
            for seed in UInt64(20)..<24 {
                worlds.append(
                    ScanWorld(
                        seed: seed, subspaces: 2 * (1 + i), counts: [700, 64, 1900, 7],
                        spread: 1 << (3 * Int(seed % 4)),
                        exclude: seed % 2 == 0 ? 0.5 : nil, wanted: seed < 22 ? 10 : 200, shift: Int32(seed % 3) * 2,
                        factor: seed == 23 ? 9_000 : 0, margin: margin, capacity: seed == 21 ? 4_000 : nil))
            }
            // Copies by the thousand: at the bottom, in the middle and at the top of the histogram; and so many that
            // one bucket cannot count them.
            for base in [-100_000, 0, 60_000, 1 << 20] as [Int32] {
                worlds.append(
                    ScanWorld(
                        seed: 30, subspaces: 8, counts: [3000, 90, 3000], base: base, copies: true, wanted: 3,
                        margin: margin))
            }
            worlds.append(
                ScanWorld(
                    seed: 31, subspaces: 2, counts: [40, 70_000], base: 100, copies: true, margin: margin,
                    capacity: 65_536))
        }
        return worlds
    }
}
