import Foundation

/// Numbers as people read them.
enum Numbers {
    static func fixed(_ value: some BinaryFloatingPoint, _ digits: Int) -> String {
        let value = Double(value)
        return value.isNaN ? "-" : String(format: "%.\(digits)f", value)
    }

    /// 1234567 -> "1,234,567"
    static func count(_ value: Int) -> String {
        var digits = Array(String(abs(value)))
        var at = digits.count - 3
        while at > 0 {
            digits.insert(",", at: at)
            at -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    static func bytes(_ value: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var size = Double(value)
        var unit = 0
        while size >= 1000, unit < units.count - 1 {
            size /= 1000
            unit += 1
        }
        return unit == 0 ? "\(value) B" : String(format: "%.1f %@", size, units[unit])
    }

    static func seconds(_ value: Double) -> String {
        if value < 0.0995 { return String(format: "%.0f ms", value * 1000) }
        if value < 60 { return String(format: "%.1f s", value) }
        return String(
            format: "%.0f min %02.0f s", (value / 60).rounded(.down), value.truncatingRemainder(dividingBy: 60))
    }
}
