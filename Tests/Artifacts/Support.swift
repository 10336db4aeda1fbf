import Foundation
import Testing

@testable import MagpieArtifacts

/// A folder of its own for one test, removed at the end.
struct TemporaryFolder: ~Copyable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}

/// A file of Tests/Artifacts/Golden, made once by the version of the code that introduced its layout. To record a new
/// one run the tests with MAGPIE_RECORD_GOLDEN=Tests/Artifacts/Golden; one that is there is never recorded again.
func goldenFile(_ name: String, recordingFrom now: URL) throws -> URL {
    if let folder = ProcessInfo.processInfo.environment["MAGPIE_RECORD_GOLDEN"] {
        let recorded = URL(fileURLWithPath: folder).appendingPathComponent(name)
        if !FileManager.default.fileExists(atPath: recorded.path) {
            try FileManager.default.copyItem(at: now, to: recorded)
        }
        return recorded
    }
    return try #require(Bundle.module.resourceURL).appendingPathComponent("Golden").appendingPathComponent(name)
}

/// Calls `read` with the file cut at every length, and with every byte changed in several ways. A cut file must
/// throw ``ArtifactError``; a changed one may throw that, or be read (all of it) without a trap. `every` n-th byte only,
/// where all would take too long; with MAGPIE_EXHAUSTIVE set, all.
func damage(
    _ original: [UInt8], file: URL, changes: [UInt8] = [0x01, 0x80, 0xFF], every step: Int = 1, read: () throws -> Void
) throws
    -> (survivedCuts: [Int], wrongErrors: [String], readable: Int)
{
    var survivedCuts: [Int] = []
    var wrongErrors: [String] = []
    var readable = 0
    let step = ProcessInfo.processInfo.environment["MAGPIE_EXHAUSTIVE"] == nil ? step : 1
    for length in stride(from: 0, to: original.count, by: step) {
        try Data(original[..<length]).write(to: file)
        do {
            try read()
            survivedCuts.append(length)
        } catch let error as ArtifactError {
            if error.description.contains("\n") { wrongErrors.append("cut at \(length): \(error)") }
        } catch { wrongErrors.append("cut at \(length): \(error)") }
    }
    var bytes = original
    for i in stride(from: 0, to: original.count, by: step) {
        for change in changes {
            bytes[i] = original[i] ^ change
            try Data(bytes).write(to: file)
            do {
                try read()
                readable += 1
            } catch let error as ArtifactError {
                if error.description.contains("\n") { wrongErrors.append("byte \(i): \(error)") }
            } catch { wrongErrors.append("byte \(i): \(error)") }
        }
        bytes[i] = original[i]
    }
    try Data(original).write(to: file)
    return (survivedCuts, wrongErrors, readable)
}
