/// What can be wrong with a file of a bundle. The message is one line: the place, what was found, what was
/// expected, what to do.
public enum ArtifactError: Error, Equatable, CustomStringConvertible {
    /// The system would not open or map it.
    case cannotRead(path: String, got: String)
    /// The system would not create, write, sync or rename it.
    case cannotWrite(path: String, got: String)
    /// Shorter than its own header says. `got` in bytes.
    case truncated(path: String, got: Int, expected: String)
    /// The header is not that of a tensor file. `at` is a byte of the file.
    case malformed(path: String, at: Int, got: String, expected: String)
    /// A tensor file, but of another kind (an item table where an index was expected).
    case wrongKind(path: String, got: String, expected: String)
    /// Written by a newer version of Magpie.
    case newerLayout(path: String, got: Int, expected: ClosedRange<Int>)
    /// Written by a version of Magpie that is too old to be read.
    case olderLayout(path: String, got: Int, expected: ClosedRange<Int>)
    /// A tensor or a word of the metadata that must be there is not there.
    case missing(path: String, name: String)
    /// A tensor has another element type or shape.
    case wrongTensor(path: String, name: String, got: String, expected: String)
    /// A value points outside of what it indexes, or breaks the order it must have.
    case outOfRange(path: String, name: String, got: String, expected: String)
    /// A file of a bundle has another size or SHA-256 than its manifest says.
    case checksum(path: String, got: String, expected: String)
    /// A bundle or a home that a newer version of Magpie wrote.
    case newerFormat(path: String, what: String, got: Int, expected: Int)
    /// The name of a bundle that is not in this store.
    case unknownBundle(id: String, folder: String)
    /// Nothing was published before the current bundle, or nothing at all.
    case nothingToRollBackTo(folder: String)
    /// The folder is no home.
    case notAHome(path: String, got: String)
    /// Another process writes to this home. `holder` is its process id, where it is known.
    case locked(path: String, holder: String)

    public var description: String {
        switch self {
        case .cannotRead(let path, let got):
            "\(path): cannot read it: \(got). Check the path and its permissions"
        case .cannotWrite(let path, let got):
            "\(path): cannot write it: \(got). Check the folder, its permissions and the free space"
        case .truncated(let path, let got, let expected):
            "\(path): truncated: got \(got) bytes, expected \(expected). \(Self.restore)"
        case .malformed(let path, let at, let got, let expected):
            "\(path), byte \(at): got \(oneLine(got)), expected \(expected). \(Self.restore)"
        case .wrongKind(let path, let got, let expected):
            "\(path): got an artifact of kind \(oneLine(got)), expected \(oneLine(expected)). \(Self.restore)"
        case .newerLayout(let path, let got, let expected):
            "\(path): got layout \(got), expected \(words(expected)): a newer Magpie wrote it. "
                + "Update this program, or train again with it"
        case .olderLayout(let path, let got, let expected):
            "\(path): got layout \(got), expected \(words(expected)): an older Magpie wrote it. "
                + "Train again with this program"
        case .missing(let path, let name):
            "\(path): got no \(oneLine(name)), which must be there. \(Self.restore)"
        case .wrongTensor(let path, let name, let got, let expected):
            "\(path), tensor \(oneLine(name)): got \(got), expected \(expected). \(Self.restore)"
        case .outOfRange(let path, let name, let got, let expected):
            "\(path), tensor \(oneLine(name)): got \(got), expected \(expected): the file is damaged. \(Self.restore)"
        case .checksum(let path, let got, let expected):
            "\(path): got \(got), expected \(expected): the file is damaged. \(Self.restore)"
        case .newerFormat(let path, let what, let got, let expected):
            "\(path): got a \(what) of format \(got), expected at most \(expected): a newer Magpie wrote it. "
                + "Update this program, or use a \(what) that it made"
        case .unknownBundle(let id, let folder):
            "\(folder): got the bundle id \(oneLine(id)), expected one of those that `magpie bundles` lists"
        case .nothingToRollBackTo(let folder):
            "\(folder): no bundle was published before the current one, so there is none to go back to. "
                + "`magpie bundles` lists all; publish one of them by its id"
        case .notAHome(let path, let got):
            "\(path): got \(got), expected a Magpie home. Give the right --home, or `magpie import` into a new folder"
        case .locked(let path, let holder):
            "\(path): another process (\(holder)) writes to this home. Wait until it is done, or end it"
        }
    }

    private static let restore =
        "Copy the bundle again from its source, go back with `magpie bundles rollback`, or train again"
}

/// Text from a file inside a one-line message: quoted, control characters escaped, not longer than 80 characters.
func oneLine(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(80).map { $0.escaped(asASCII: false) }.joined()
    return "\"\(shown)\(text.unicodeScalars.count > 80 ? "..." : "")\""
}

private func words(_ range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
}
