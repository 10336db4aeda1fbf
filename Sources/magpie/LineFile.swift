import ArgumentParser
import Foundation

/// A file that an option names, of one thing a line.
enum LineFile {
    /// Empty lines are left out; a file without others is an error.
    static func read(_ file: String) throws -> [String] {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw ValidationError("cannot read \(file): check the path, and that it is text")
        }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard !lines.isEmpty else { throw ValidationError("\(file): holds no lines") }
        return lines
    }
}
