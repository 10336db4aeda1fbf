import Foundation
import MagpieDomain
import MagpieFormats
import MagpieRetrieval

/// The files of `bench index`, read and checked against each other before anything is built: a build takes minutes,
/// and whoever mistook a file shall not wait for them. What is wrong with the base itself, the build finds.
struct IndexInput {
    static let kLimit = 1_000

    let base: VectorSet
    let queries: VectorSet
    /// The queries once more, as a search takes them.
    let rows: [[Float]]
    let truth: NeighbourLists?
    let calibration: VectorSet?
    let metric: VectorMetric
    /// At most as many as there are vectors.
    let k: Int
    /// What somebody who reads the numbers should know.
    let notes: [String]

    init(base: String, queries: String, truth: String?, calibration: String?, metric: String, k: Int) throws {
        guard let known = VectorMetric(rawValue: metric) else {
            let names = VectorMetric.allCases.map(\.rawValue).joined(separator: ", ")
            throw BenchError("--metric \(metric): no such metric, expected one of \(names)")
        }
        guard (1...Self.kLimit).contains(k) else {
            throw BenchError("--k \(k): expected a number of answers from 1 to \(Self.kLimit)")
        }
        var notes: [String] = []
        self.metric = known
        self.base = try VectorFile.vectors(URL(fileURLWithPath: base))
        self.queries = try VectorFile.vectors(URL(fileURLWithPath: queries))
        self.calibration = try calibration.map { try VectorFile.vectors(URL(fileURLWithPath: $0)) }
        for asked in [self.queries, self.calibration].compactMap({ $0 }) {
            guard asked.dimension == self.base.dimension else {
                throw VectorIndexError.dimension(
                    name: asked.name, got: asked.dimension, expected: self.base.dimension)
            }
        }
        self.k = min(k, self.base.count)
        if self.k < k { notes.append("\(self.base.name) has \(self.k) vectors: k is \(self.k) instead of \(k)") }
        rows = try Self.checkedRows(self.queries)
        self.truth = try truth.map { try VectorFile.neighbours(URL(fileURLWithPath: $0)) }
        if let calibration, IndexFile.isSame(calibration, queries) {
            notes.append(
                "\(self.queries.name) is calibrated with and asked: the recall that is reached flatters, "
                    + "calibrate with other queries")
        }
        let lost = known == .cosine ? rows.reduce(0) { $0 + ($1.allSatisfy { $0 == 0 } ? 1 : 0) } : 0
        if lost > 0 {
            notes.append(
                "\(lost) rows of \(self.queries.name) are zeros, have no direction and find nothing: a miss each")
        }
        self.notes = notes
        if let truth = self.truth { try check(truth) }
    }

    private static func checkedRows(_ queries: VectorSet) throws -> [[Float]] {
        try (0..<queries.count).map { q in
            let row = queries.row(q)
            if let place = row.firstIndex(where: { !$0.isFinite }) {
                throw VectorIndexError.notFinite(name: queries.name, row: q, coordinate: place)
            }
            guard row.reduce(Float(0), { $0 + $1 * $1 }) < 1e30 else {
                throw VectorIndexError.tooLong(name: queries.name, row: q)
            }
            return row
        }
    }

    private func check(_ truth: NeighbourLists) throws {
        guard truth.count == queries.count else {
            throw BenchError(
                "\(truth.name): \(truth.count) rows for the \(queries.count) queries of \(queries.name): "
                    + "give the truth of these queries, or none and it is computed")
        }
        guard truth.width >= k else {
            throw BenchError(
                "\(truth.name): \(truth.width) columns, fewer than --k \(k): ask for fewer, or give no truth and it "
                    + "is computed")
        }
        for q in 0..<truth.count {
            if let id = truth[q].prefix(k).first(where: { $0 < 0 || $0 >= Int64(base.count) }) {
                throw BenchError(
                    "\(truth.name): row \(q): \(id) is no row of \(base.name), which has \(base.count): "
                        + "give the truth for this base")
            }
        }
    }
}

/// Where the index is written.
struct IndexFile {
    let url: URL
    private let isKept: Bool

    /// - Parameter awayFrom: files that must not be overwritten.
    init(keep: String?, awayFrom inputs: [String]) throws {
        isKept = keep != nil
        guard let keep else {
            url = FileManager.default.temporaryDirectory
                .appendingPathComponent("magpie-bench-\(UUID().uuidString).safetensors")
            return
        }
        url = URL(fileURLWithPath: keep)
        guard !inputs.contains(where: { Self.isSame($0, keep) }) else {
            throw BenchError("--keep \(keep): would overwrite what is read: name another file")
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
            throw BenchError("--keep \(keep): is a folder: name a file in it")
        }
        let folder = url.deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw BenchError("--keep \(keep): cannot write in \(folder): make the folder, or name another")
        }
    }

    static func isSame(_ a: String, _ b: String) -> Bool {
        func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        return resolved(a) == resolved(b)
    }

    /// Unless it is to stay.
    func remove() {
        if !isKept { try? FileManager.default.removeItem(at: url) }
    }
}
