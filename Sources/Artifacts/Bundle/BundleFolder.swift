import Foundation

/// A sealed bundle on disk: its manifest, and files that are as the manifest says.
///
///     bundles/20261124T083000Z-1f2e3d4c/
///         items.safetensors ...     the artifacts
///         manifest.json             what they are, see BundleManifest
///         SHA256SUMS                of every artifact and the manifest; `sha256sum -c SHA256SUMS` checks it too
///
/// Opening takes milliseconds: the manifest and its checksum, the size of each artifact, the header of each tensor
/// file. ``verify()`` reads every byte, and is what an activation calls (serve, publish, import of a bundle).
public struct BundleFolder: Sendable, Equatable {
    public static let manifestName = "manifest.json"
    public static let sumsName = "SHA256SUMS"

    public let url: URL
    public let manifest: BundleManifest

    public var id: String { manifest.id }

    /// Throws ``ArtifactError``.
    public init(_ url: URL) throws {
        self.url = url
        let manifestURL = url.appendingPathComponent(Self.manifestName)
        let bytes = try Self.read(manifestURL)
        manifest = try BundleManifest(bytes: bytes, path: manifestURL.path)
        let sumsURL = url.appendingPathComponent(Self.sumsName)
        let sums = try Self.read(sumsURL)
        guard sums.elementsEqual(Self.sums(manifest, manifestHash: Checksum.sha256([UInt8](bytes))).utf8) else {
            throw ArtifactError.checksum(
                path: sumsURL.path, got: "sums that do not agree with \(Self.manifestName)", expected: "its own")
        }
        for artifact in manifest.artifacts {
            let file = url.appendingPathComponent(artifact.name)
            let size = try Self.size(of: file)
            guard size == artifact.size else {
                throw ArtifactError.checksum(
                    path: file.path, got: "\(size) bytes", expected: "\(artifact.size) bytes")
            }
            if artifact.name.hasSuffix(".safetensors") { _ = try TensorFile(inspecting: file) }
        }
    }

    /// The place of an artifact. Throws ``ArtifactError/missing(path:name:)`` for one the manifest does not name.
    public func file(_ name: String) throws -> URL {
        guard contains(name) else { throw ArtifactError.missing(path: url.path, name: "artifact " + name) }
        return url.appendingPathComponent(name)
    }

    public func contains(_ name: String) -> Bool { manifest.artifacts.contains { $0.name == name } }

    /// Reads every byte of every artifact and compares checksums. Throws ``ArtifactError/checksum(path:got:expected:)``
    /// for the first that differs. `progress` is told the bytes of each file that was right.
    public func verify(progress: (_ bytes: Int) -> Void = { _ in }) throws {
        for artifact in manifest.artifacts {
            let file = url.appendingPathComponent(artifact.name)
            let got = try Checksum.sha256(of: file)
            guard got == artifact.sha256 else {
                throw ArtifactError.checksum(
                    path: file.path, got: "SHA-256 \(got)", expected: artifact.sha256)
            }
            progress(artifact.size)
        }
        let got = try manifest.computedContentHash()
        guard got == manifest.contentHash else {
            throw ArtifactError.checksum(
                path: url.appendingPathComponent(Self.manifestName).path, got: "the content hash \(got)",
                expected: manifest.contentHash)
        }
    }

    /// The text of SHA256SUMS, in the format of coreutils.
    static func sums(_ manifest: BundleManifest, manifestHash: String) -> String {
        var text = ""
        for artifact in manifest.artifacts { text += "\(artifact.sha256)  \(artifact.name)\n" }
        return text + "\(manifestHash)  \(manifestName)\n"
    }

    static func read(_ url: URL) throws -> Data {
        do {
            return try Data(contentsOf: url)
        } catch {
            throw ArtifactError.cannotRead(path: url.path, got: reason(error))
        }
    }

    static func size(of url: URL) throws -> Int {
        var status = stat()
        guard lstat(url.path, &status) == 0 else {
            throw ArtifactError.cannotRead(path: url.path, got: lastSystemError())
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArtifactError.cannotRead(path: url.path, got: "not a regular file")
        }
        return Int(status.st_size)
    }
}

/// What Foundation says went wrong, in one line.
func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let underlying, underlying.domain == NSPOSIXErrorDomain {
        return String(cString: strerror(Int32(underlying.code)))
    }
    return (error as? CocoaError)?.code == .fileReadNoSuchFile
        ? "no such file or folder" : oneLine(error.localizedDescription)
}
