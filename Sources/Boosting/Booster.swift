import MagpieDomain

/// Rows and columns as XGBoost keeps them; NaN = not known.
final class TrainingMatrix {
    let rowCount: Int
    fileprivate let handle: XGBoostLibrary.Handle
    private let library: XGBoostLibrary

    /// Values beyond are drawn in: XGBoost refuses infinities, and its cuts lie a little beyond the largest value.
    static let limit: Float = 1e30

    init(_ features: FeatureMatrix, library: XGBoostLibrary, threads: Int) throws {
        self.library = library
        rowCount = features.rowCount
        let values = features.values.map { $0.isNaN ? .nan : min(max($0, -Self.limit), Self.limit) }
        var handle: XGBoostLibrary.Handle?
        try values.withUnsafeBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return }
            try library.check(
                "the features",
                library.matrixCreate(
                    first, UInt64(features.rowCount), UInt64(features.names.count), .nan, &handle, Int32(threads)))
        }
        guard let handle else { throw BoostingError.failed(call: "the features", got: "no rows") }
        self.handle = handle
    }

    deinit { _ = library.matrixFree(handle) }
}

/// One model in the making: trees are added by gradients that the caller computes.
final class Booster {
    private let library: XGBoostLibrary
    private let handle: XGBoostLibrary.Handle
    /// It keeps predictions of these up to date as trees come; they must live as long.
    private let matrices: [TrainingMatrix]

    init(_ matrices: [TrainingMatrix], parameters: [(String, String)], library: XGBoostLibrary) throws {
        self.library = library
        self.matrices = matrices
        var handle: XGBoostLibrary.Handle?
        let handles: [XGBoostLibrary.Handle?] = matrices.map(\.handle)
        try library.check(
            "a new model", handles.withUnsafeBufferPointer { library.create($0.baseAddress, UInt64($0.count), &handle) }
        )
        guard let handle else { throw BoostingError.failed(call: "a new model", got: "nothing") }
        self.handle = handle
        for (name, value) in parameters {
            try library.check("\(name) = \(value)", library.setParameter(handle, name, value))
        }
    }

    deinit { _ = library.free(handle) }

    /// Adds a tree that goes down the gradient; one gradient and one hessian a row.
    func boost(
        _ matrix: TrainingMatrix, gradient: UnsafeMutablePointer<Float>, hessian: UnsafeMutablePointer<Float>
    ) throws {
        try library.check(
            "a tree", library.boost(handle, matrix.handle, gradient, hessian, UInt64(matrix.rowCount)))
    }

    /// Writes the scores of all rows by the trees so far.
    func scores(_ matrix: TrainingMatrix, into out: UnsafeMutablePointer<Float>) throws {
        var shape: UnsafePointer<UInt64>?
        var dimensions: UInt64 = 0
        var result: UnsafePointer<Float>?
        let wanted = """
            {"type": 1, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false}
            """
        try library.check("scores", library.predict(handle, matrix.handle, wanted, &shape, &dimensions, &result))
        var count = dimensions > 0 ? 1 : 0
        for axis in 0..<Int(dimensions) { count *= Int(shape?[axis] ?? 0) }
        guard let result, count == matrix.rowCount else {
            throw BoostingError.failed(call: "scores", got: "\(count) of \(matrix.rowCount)")
        }
        out.update(from: result, count: count)
    }

    /// The model as JSON.
    func json() throws -> [UInt8] {
        var count: UInt64 = 0
        var bytes: UnsafePointer<CChar>?
        try library.check("saving", library.save(handle, "{\"format\": \"json\"}", &count, &bytes))
        guard let bytes else { return [] }
        return UnsafeRawBufferPointer(start: bytes, count: Int(count)).map { $0 }
    }
}
