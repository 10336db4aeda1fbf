import MagpieKernels

/// The steps of training on one vector of `d` floats; the sums are ``VectorKernels``'.
enum Vector {
    @inline(__always)
    static func add(_ x: UnsafePointer<Float>, times a: Float, to y: UnsafeMutablePointer<Float>, _ d: Int) {
        VectorKernels.axpy(a, x, into: y, count: d)
    }

    @inline(__always)
    static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ d: Int) -> Float {
        VectorKernels.dot(x, y, count: d)
    }

    static func scale(_ x: UnsafeMutablePointer<Float>, by a: Float, _ d: Int) {
        for k in 0..<d { x[k] *= a }
    }

    /// Scales to length 1 and returns the length it had; a vector without a direction becomes zeros, length 0.
    static func normalise(_ x: UnsafeMutablePointer<Float>, _ d: Int) -> Float {
        let length: Float = dot(x, x, d).squareRoot()
        guard length > 0, length.isFinite else {
            for k in 0..<d { x[k] = 0 }
            return 0
        }
        scale(x, by: 1 / length, d)
        return length
    }
}
