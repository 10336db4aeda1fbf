import Foundation

/// XGBoost's C library, opened when it is wanted: only training needs it, and a machine that serves need not have it.
///
/// Of its interface (xgboost/c_api.h, versions 1.7 to 3.x) only what training takes is looked up, once, when the library is
/// opened; it is never closed. Every function returns 0, or another number and leaves a text behind.
public struct XGBoostLibrary: Sendable {
    typealias Handle = UnsafeMutableRawPointer

    /// Where it was found, as it was asked for.
    public let path: String
    /// "1.7.4".
    public let version: String

    typealias LastError = @Sendable @convention(c) () -> UnsafePointer<CChar>?
    typealias MatrixCreate =
        @Sendable @convention(c) (
            UnsafePointer<Float>, UInt64, UInt64, Float, UnsafeMutablePointer<Handle?>, Int32
        ) -> Int32
    typealias Free = @Sendable @convention(c) (Handle) -> Int32
    typealias Create =
        @Sendable @convention(c) (UnsafePointer<Handle?>?, UInt64, UnsafeMutablePointer<Handle?>) -> Int32
    typealias SetParameter =
        @Sendable @convention(c) (Handle, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    typealias Boost =
        @Sendable @convention(c) (
            Handle, Handle, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UInt64
        ) -> Int32
    typealias Predict =
        @Sendable @convention(c) (
            Handle, Handle, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafePointer<UInt64>?>,
            UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UnsafePointer<Float>?>
        ) -> Int32
    typealias Save =
        @Sendable @convention(c) (
            Handle, UnsafePointer<CChar>, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UnsafePointer<CChar>?>
        ) -> Int32

    let lastError: LastError
    let matrixCreate: MatrixCreate
    let matrixFree: Free
    let create: Create
    let free: Free
    let setParameter: SetParameter
    let boost: Boost
    let predict: Predict
    let save: Save

    /// Debian's name, what a build of one's own is called, and a Mac's.
    public static let names = ["libxgboost.so.0", "libxgboost.so", "libxgboost.dylib"]

    private static let shared = Result { () throws(BoostingError) in try XGBoostLibrary(names: names) }

    /// The library of this machine, opened once. Throws ``BoostingError``.
    public static func open() throws -> XGBoostLibrary { try shared.get() }

    /// Opens the first of `names` that is there.
    public init(names: [String]) throws(BoostingError) {
        var reasons: [String] = []
        // Read when OpenMP is loaded. Its threads meet several times a node; spinning meanwhile they take the cores from
        // whoever else has work (measured: a third of a training's processor time). Who has set it, is heard.
        setenv("OMP_WAIT_POLICY", "passive", 0)
        for name in names {
            guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
                reasons.append(dlerror().map { String(cString: $0) } ?? name)
                continue
            }
            try self.init(library, path: name)
            return
        }
        throw .libraryMissing(got: reasons.first ?? "no name")
    }

    private init(_ library: UnsafeMutableRawPointer, path: String) throws(BoostingError) {
        func symbol<Function>(_ name: String, _ type: Function.Type) throws(BoostingError) -> Function {
            guard let address = dlsym(library, name) else { throw .symbolMissing(name: name, library: path) }
            return unsafeBitCast(address, to: type)
        }
        self.path = path
        lastError = try symbol("XGBGetLastError", LastError.self)
        matrixCreate = try symbol("XGDMatrixCreateFromMat_omp", MatrixCreate.self)
        matrixFree = try symbol("XGDMatrixFree", Free.self)
        create = try symbol("XGBoosterCreate", Create.self)
        free = try symbol("XGBoosterFree", Free.self)
        setParameter = try symbol("XGBoosterSetParam", SetParameter.self)
        boost = try symbol("XGBoosterBoostOneIter", Boost.self)
        predict = try symbol("XGBoosterPredictFromDMatrix", Predict.self)
        save = try symbol("XGBoosterSaveModelToBuffer", Save.self)
        typealias Version =
            @convention(c) (
                UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>
            ) -> Void
        let version = try symbol("XGBoostVersion", Version.self)
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        version(&major, &minor, &patch)
        self.version = "\(major).\(minor).\(patch)"
        let configure = try symbol("XGBSetGlobalConfig", (@convention(c) (UnsafePointer<CChar>) -> Int32).self)
        // Its warnings go to standard error, which is not ours to write to.
        _ = configure("{\"verbosity\":0}")
    }

    /// Throws ``BoostingError/failed(call:got:)`` unless `result` is 0.
    func check(_ call: String, _ result: Int32) throws {
        guard result != 0 else { return }
        let text = lastError().map { String(cString: $0) } ?? "no reason"
        // Behind the first line stands a stack trace.
        throw BoostingError.failed(
            call: call, got: text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text)
    }
}
