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
        var mean: [Float] = []
        var scale: [Float] = []
        var low: [Float] = []
        var high: [Float] = []
        var indicators: [Int] = []
        for f in names.indices {
            var count = 0.0
            var sum = 0.0
            var least = Float.infinity
            var most = -Float.infinity
            for row in 0..<features.rowCount where !features[row, f].isNaN {
                count += 1
                sum += Double(features[row, f])
                least = min(least, features[row, f])
                most = max(most, features[row, f])
            }
            let average = count > 0 ? sum / count : 0
            var squares = 0.0
            for row in 0..<features.rowCount where !features[row, f].isNaN {
                let d = Double(features[row, f]) - average
                squares += d * d
            }
            let deviation = count > 0 ? (squares / count).squareRoot() : 0
            mean.append(Float(average))
            low.append(count > 0 ? least : 0)
            high.append(count > 0 ? most : 0)
            // A constant column keeps scale 1: it is 0 everywhere, and the ridge keeps its weight at 0.
            scale.append(deviation > 1e-9 ? Float(deviation) : 1)
            let known = count / Double(max(1, features.rowCount))
            if known > 0.001 && known < 0.999 { indicators.append(f) }
        }
        self.mean = mean
        self.scale = scale
        self.low = low
        self.high = high
        self.indicators = indicators
    }

    func design(_ features: FeatureMatrix) -> Design {
        let columns = names.count + indicators.count
        let design = Design(rows: features.rowCount, columns: columns)
        for row in 0..<features.rowCount {
            let x: UnsafeMutablePointer<Double> = design.buffer.pointer + row * columns
            for (f, value) in features.row(row).enumerated() where !value.isNaN {
                x[f] = Double((value - mean[f]) / scale[f])
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
    let buffer: SharedBuffer<Double>

    init(rows: Int, columns: Int) {
        self.columns = columns
        buffer = SharedBuffer(count: max(1, rows * columns), repeating: 0)
    }

    func row(_ row: Int) -> UnsafePointer<Double> { UnsafePointer(buffer.pointer + row * columns) }
}
