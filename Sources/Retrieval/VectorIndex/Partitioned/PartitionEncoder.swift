import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// Writes vectors as codes and records, list after list: the bulk of an index.
enum PartitionEncoder {
    static func encode(
        rows: SharedRows, ids: [UInt32], itemCount: Int, metric: VectorMetric, mean: [Float]?,
        projection: [Float]?, centroids: [Float], axes: Int, partitions: Int, order: CountingSort, code: ProductCode,
        isFine: Bool,
        threads: Int
    ) -> EncodedParts {
        let d = rows.dimension
        let blocks: [UInt32] = (0..<partitions).reduce(into: [0]) { blocks, p in
            let count = order.range(of: p).count + PartitionKernels.block - 1
            blocks.append((blocks.last ?? 0) + UInt32(count / PartitionKernels.block))
        }
        let axesMap = AxesMap(projection, dimension: d, axes: axes)
        let parts = EncodedParts(
            metric: metric, mean: mean, dimension: d, axes: axes, partitions: partitions, count: ids.count,
            itemCount: itemCount,
            isFine: isFine, columns: Columns(centroids, dimension: axes), axesMap: axesMap, source: rows, code: code,
            firsts: order.begins.map { UInt32($0) }, blocks: blocks)
        let words: [Columns?] = (0..<code.subspaces).map { code.columns(of: $0) }
        let stride = (axes + 15) / 16 * 16
        let blockSize = PartitionKernels.block

        Parallel.forEach(
            partitions, threads: threads,
            scratch: {
                Scratch(dimension: d, stride: stride)
            },
            { p, scratch in
                let members = order.range(of: p)
                guard !members.isEmpty else { return }
                let centroid = Array(centroids[p * axes..<(p + 1) * axes])
                var square: Double = 0
                for value in centroid { square += Double(value) * Double(value) }
                // The centroid among the vectors' own coordinates.
                var place = [Float](repeating: 0, count: d)
                if let projection {
                    for a in 0..<axes { for j in 0..<d { place[j] += centroid[a] * projection[a * d + j] } }
                } else {
                    place = centroid
                }
                for begin in Swift.stride(from: 0, to: members.count, by: blockSize) {
                    let count = min(blockSize, members.count - begin)
                    let block = Int(blocks[p]) + begin / blockSize
                    let first = members.lowerBound + begin
                    for v in 0..<count {
                        let item = ids[Int(order.rows[first + v])]
                        parts.items.pointer[first + v] = item
                        parts.positions.pointer[Int(item)] = UInt32(first + v)
                        (scratch.own.pointer + v * d).update(from: rows.pointer + Int(item) * rows.stride, count: d)
                    }
                    axesMap.apply(to: scratch.own.pointer, count: count, into: scratch.along.pointer, stride: stride)
                    for v in 0..<count {
                        let along = scratch.along.pointer + v * stride
                        for j in 0..<axes { along[j] -= centroid[j] }
                    }
                    let codes = parts.codes.pointer + block * blockSize * code.subspaces / 2
                    for m in 0..<code.subspaces {
                        guard let words = words[m] else { continue }
                        let from = Int(code.begins[m])
                        words.best(
                            of: scratch.along.pointer + from, stride: stride, count: count, into: scratch.best.pointer)
                        let row = codes + m / 2 * blockSize
                        for v in 0..<count {
                            let word = UInt8(truncatingIfNeeded: scratch.best.pointer[v])
                            row[v] |= m % 2 == 0 ? word : word << 4
                            // What is left is the error.
                            let along = scratch.along.pointer + v * stride
                            for j in 0..<words.dimension {
                                let codeword: Float = code.books[(from + j) * 16 + Int(word)]
                                scratch.errors.pointer[v * stride + from + j] = along[from + j] - codeword
                            }
                        }
                    }
                    for v in 0..<count {
                        let along = scratch.along.pointer + v * stride
                        let errors = scratch.errors.pointer + v * stride
                        let withCentroid = VectorKernels.dot(centroid, errors, count: axes)
                        let withResidual = VectorKernels.dot(along, errors, count: axes)
                        let own = scratch.own.pointer + v * d
                        var exact: Double = 0
                        if metric == .euclidean {
                            var length: Double = 0
                            for j in 0..<d { length += Double(own[j]) * Double(own[j]) }
                            exact = (square - length) / 2
                        }
                        let position = first + v
                        parts.exact.pointer[position] = Float(exact)
                        parts.centroidErrors.pointer[position] = withCentroid
                        parts.residualErrors.pointer[position] = withResidual
                        write(
                            own, place, exact: Float(exact), partition: p, isFine: isFine, dimension: d,
                            layout: parts.record,
                            to: parts.records.pointer + position * parts.record.size)
                    }
                }
            })
        return parts
    }

    private struct Scratch {
        let own: SharedBuffer<Float>
        let along: SharedBuffer<Float>
        let errors: SharedBuffer<Float>
        let best: SharedBuffer<UInt32>

        init(dimension: Int, stride: Int) {
            own = SharedBuffer(count: PartitionKernels.block * dimension, repeating: 0)
            along = SharedBuffer(count: PartitionKernels.block * stride, repeating: 0)
            errors = SharedBuffer(count: PartitionKernels.block * stride, repeating: 0)
            best = SharedBuffer(count: PartitionKernels.block, repeating: 0)
        }
    }

    /// One `mk_record`.
    private static func write(
        _ own: UnsafePointer<Float>, _ place: [Float], exact: Float, partition: Int, isFine: Bool, dimension d: Int,
        layout: RecordLayout, to record: UnsafeMutablePointer<UInt8>
    ) {
        place.withUnsafeBufferPointer { place in
            var most: Float = 0
            for j in 0..<d { most = max(most, abs(own[j] - place[j])) }
            // Rounded up to the 16 bits that are stored, so that 127 of them still reach the farthest coordinate.
            let bits: UInt32 = (most / 127).bitPattern
            let stored = UInt16(truncatingIfNeeded: (bits + 0xFFFF) >> 16)
            let scale = Float(bitPattern: UInt32(stored) << 16)
            let inverse: Float = scale > 0 ? 1 / scale : 0
            let head = PartitionKernels.RecordHead(
                exact: exact, scale: inverse > 0 && inverse.isFinite ? stored : 0,
                partition: UInt16(truncatingIfNeeded: partition))
            withUnsafeBytes(of: head) { bytes in
                for (i, byte) in bytes.enumerated() { record[i] = byte }
            }
            guard inverse > 0, inverse.isFinite else { return }
            let whole = record + RecordLayout.head
            let finer = whole + layout.stored
            for j in 0..<d {
                let value: Float = (own[j] - place[j]) * inverse
                // To the nearest whole number: so large a sum has no room for a fraction.
                let nearest: Float = min(max((value + 0x1.8p23) - 0x1.8p23, -127), 127)
                whole[j] = UInt8(bitPattern: Int8(nearest))
                if isFine {
                    let quarter = Int(min(max((value - nearest + 0.5) * 4, 0), 3))
                    finer[j / 4] |= UInt8(quarter << (2 * (j % 4)))
                }
            }
        }
    }
}
