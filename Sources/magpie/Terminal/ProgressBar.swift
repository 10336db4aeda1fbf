import Foundation

/// How far a long step is, on stderr: one line redrawn on a terminal; elsewhere nothing, the report says it all.
final class ProgressBar {
    private static let width = 24
    private let isOn = Style.isTerminal(STDERR_FILENO)
    private var label = ""
    private var drawn = ContinuousClock.now
    private var began = ContinuousClock.now
    private var isShown = false

    func begin(_ label: String) {
        self.label = label
        began = .now
        draw(nil)
    }

    /// - Parameter share: 0 to 1.
    func update(_ share: Double) {
        guard ContinuousClock.now - drawn > .milliseconds(80) else { return }
        draw(share)
    }

    /// A step of unknown length: how much is done so far.
    func update(count: Int, of noun: String) {
        guard ContinuousClock.now - drawn > .milliseconds(80) else { return }
        write("\(label)  \(Numbers.count(count)) \(noun)")
    }

    /// Clears the line.
    func end() {
        guard isOn, isShown else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
        isShown = false
    }

    private func draw(_ share: Double?) {
        guard let share, share.isFinite else { return write(label) }
        let filled = Int(min(1, max(0, share)) * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let elapsed = (ContinuousClock.now - began).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        let left = share > 0.02 ? "  " + Numbers.seconds(seconds / share * (1 - share)) + " left" : ""
        write("\(label)  \(bar) \(Int(share * 100)) %\(left)")
    }

    private func write(_ line: String) {
        drawn = .now
        guard isOn else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
        isShown = true
    }
}
