import MagpieKernels

/// Turns vectors into coordinates along the principal axes, or copies them where there are none.
struct AxesMap: Sendable {
    let dimension: Int
    let axes: Int
    /// ceil(axes/16) panels of `dimension` rows; nil: a copy.
    let panels: [Float]?
    private let zeros: [Float]

    /// `projection`: axes x dimension, row-major.
    init(_ projection: [Float]?, dimension: Int, axes: Int) {
        self.dimension = dimension
        self.axes = axes
        zeros = [Float](repeating: 0, count: (axes + 15) / 16 * 16)
        panels = projection.map { rows in
            rows.withUnsafeBufferPointer { rows in
                rows.baseAddress.map {
                    PartitionKernels.panels(of: $0, stride: dimension, count: axes, dimension: dimension)
                } ?? []
            }
        }
    }

    /// `stride` is at least axes rounded up to 16 where there are panels; what is between stays or becomes zero.
    func apply(to rows: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>, stride: Int) {
        guard let panels else {
            for r in 0..<count { (out + r * stride).update(from: rows + r * dimension, count: dimension) }
            return
        }
        panels.withUnsafeBufferPointer { panels in
            zeros.withUnsafeBufferPointer { zeros in
                guard let panels = panels.baseAddress, let zeros = zeros.baseAddress else { return }
                PartitionKernels.panelScores(
                    rows: rows, stride: dimension, count: count, dimension: dimension, panels: panels,
                    panelCount: (axes + 15) / 16, bias: zeros, into: out, outStride: stride)
            }
        }
    }
}
