import MagpieDomain
import MagpieKernels

/// Means, scales and ranges of the known values of each feature, and which features also get a "not known" column.
struct Standardiser {
    let names: [String]
    let mean: [Float]
    let scale: [Float]
    let low: [Float]
    let high: [Float]
    /// Features of which some but not all examples are NaN: each has an indicator column after the features'.
    let indicators: [Int]

    init(_ features: FeatureMatrix) {
        names = features.names
        var columns = [Column](repeating: Column(), count: names.count)
        // Row by row, as the matrix lies in memory.
        for row in 0..<features.rowCount {
            for (f, value) in features.row(row).enumerated() where !value.isNaN { columns[f].add(value) }
        }
        let means = columns.map(\.mean)
        for row in 0..<features.rowCount {
            for (f, value) in features.row(row).enumerated() where !value.isNaN {
                let apart = Double(value) - means[f]
                columns[f].squares += apart * apart
            }
        }
        mean = means.map(Float.init)
        low = columns.map { $0.count > 0 ? $0.low : 0 }
        high = columns.map { $0.count > 0 ? $0.high : 0 }
        // A constant column keeps scale 1: it is 0 everywhere, and the ridge keeps its weight at 0.
        scale = columns.map { $0.deviation > 1e-9 ? Float($0.deviation) : 1 }
        indicators = columns.indices.filter {
            let known = columns[$0].count / Double(max(1, features.rowCount))
            return known > 0.001 && known < 0.999
        }
    }

    /// Sums over what is known of a feature.
    private struct Column {
        var count = 0.0
        var sum = 0.0
        var squares = 0.0
        var low = Float.infinity
        var high = -Float.infinity

        var mean: Double { count > 0 ? sum / count : 0 }
        var deviation: Double { count > 0 ? (squares / count).squareRoot() : 0 }

        mutating func add(_ value: Float) {
            count += 1
            sum += Double(value)
            low = min(low, value)
            high = max(high, value)
        }
    }

    func design(_ features: FeatureMatrix) -> Design {
        let columns = names.count + indicators.count
        let design = Design(rows: features.rowCount, columns: columns)
        for row in 0..<features.rowCount {
            let x: UnsafeMutablePointer<Float> = design.buffer.pointer + row * columns
            for (f, value) in features.row(row).enumerated() where !value.isNaN {
                x[f] = (value - mean[f]) / scale[f]
            }
            for (i, f) in indicators.enumerated() where features[row, f].isNaN { x[names.count + i] = 1 }
        }
        return design
    }

    func ranker(_ weights: [Double]) -> LinearRanker {
        var missing = [Float](repeating: 0, count: names.count)
        for (i, f) in indicators.enumerated() { missing[f] = Float(weights[names.count + i]) }
        return LinearRanker(
            featureNames: names, mean: mean, scale: scale, weight: weights[..<names.count].map(Float.init),
            missing: missing, low: low, high: high)
    }
}

/// The design matrix: standardised features, then indicators; row-major.
struct Design: Sendable {
    let columns: Int
    let buffer: SharedBuffer<Float>

    init(rows: Int, columns: Int) {
        self.columns = columns
        buffer = SharedBuffer(count: max(1, rows * columns), repeating: 0)
    }

    func row(_ row: Int) -> UnsafePointer<Float> { UnsafePointer(buffer.pointer + row * columns) }
}
