import Foundation

/// Bold, dim and colours where the output is a terminal and the person has not said no (https://no-color.org).
enum Style: String {
    case bold = "1"
    case dim = "2"
    case green = "32"
    case yellow = "33"
    case cyan = "36"

    static let isOn = isTerminal(STDOUT_FILENO) && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// What somebody else wrote must not move the cursor or ring the bell.
    static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    func callAsFunction(_ text: String) -> String { Style.isOn ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text }
}
