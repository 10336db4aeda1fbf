import MagpieDomain

/// Numbers and times out of bytes, without making a String of the common ones.
enum FieldText {
    static func int64(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var at = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { at = 1 }
        guard at < bytes.count, bytes.count - at <= 18 else { return slowInt64(bytes) }
        var value: Int64 = 0
        while at < bytes.count {
            let digit = bytes[at] &- 48
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
            at += 1
        }
        return isNegative ? -value : value
    }

    private static func slowInt64(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        Int64(String(decoding: bytes, as: UTF8.self))
    }

    /// A decimal number with at most 15 digits is the exact quotient of two exact doubles (Clinger 1990,
    /// "How to read floating point numbers accurately"); the others take the library's road.
    static func double(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        var at = 0
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { at = 1 }
        var mantissa: Int64 = 0
        var digits = 0
        var decimals = 0
        var hasPoint = false
        while at < bytes.count {
            let byte = bytes[at]
            if byte &- 48 < 10 {
                mantissa = mantissa &* 10 &+ Int64(byte &- 48)
                digits += 1
                if hasPoint { decimals += 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                return slowDouble(bytes)
            }
            at += 1
        }
        guard digits > 0, digits <= 15 else { return digits == 0 ? nil : slowDouble(bytes) }
        let value = Double(mantissa) / powers[decimals]
        return isNegative ? -value : value
    }

    /// Only what looks like a number: Swift also reads "inf", "nan" and "0x1p3".
    private static func slowDouble(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        let isDecimal = bytes.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
        guard isDecimal, let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    static func time(_ bytes: UnsafeBufferPointer<UInt8>, _ unit: TimeUnit) -> Timestamp? {
        switch unit {
        case .iso: return isoTime(bytes)
        case .s:
            if let seconds = int64(bytes) {
                let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
                return overflow ? nil : Timestamp(milliseconds: milliseconds)
            }
            return TimeUnit.s.timestamp(Substring(decoding: bytes, as: UTF8.self))
        case .ms: return int64(bytes).map(Timestamp.init(milliseconds:))
        case .us:
            return int64(bytes).map { Timestamp(milliseconds: $0 >= 0 ? $0 / 1000 : ($0 - 999) / 1000) }
        }
    }

    /// `2026-11-24`, `2026-11-24T08:30:00Z`, with a space for the T, with a fraction, with an offset
    /// (`+02:00`, `+0200`); without a zone it is UTC. A day or hour that the calendar does not have is no time
    /// (the library's reader would count on into the next month).
    static func isoTime(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        func number(_ from: Int, _ count: Int) -> Int64? {
            guard from + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for at in from..<from + count {
                let digit = bytes[at] &- 48
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        func has(_ character: Unicode.Scalar, _ at: Int) -> Bool {
            at < bytes.count && UInt32(bytes[at]) == character.value
        }
        guard let year = number(0, 4), has("-", 4), let month = number(5, 2), has("-", 7), let day = number(8, 2),
            (1...12).contains(month), day >= 1, day <= days(inMonth: month, year)
        else { return nil }
        var seconds = daysSince1970(year, month, day) * 86_400
        if bytes.count == 10 { return Timestamp(milliseconds: seconds * 1000) }

        guard has("T", 10) || has(" ", 10), let hour = number(11, 2), has(":", 13), let minute = number(14, 2),
            has(":", 16), let second = number(17, 2), hour < 24, minute < 60, second < 60
        else { return nil }
        seconds += (hour * 60 + minute) * 60 + second
        var at = 19
        var milliseconds: Int64 = 0
        if has(".", at) {
            guard number(at + 1, 1) != nil else { return nil }
            at += 1
            var place: Int64 = 100
            while let digit = number(at, 1) {
                milliseconds += digit * place
                place /= 10
                at += 1
            }
        }
        if has("Z", at) {
            at += 1
        } else if has("+", at) || has("-", at) {
            let minutesAt = has(":", at + 3) ? at + 4 : at + 3
            guard let hours = number(at + 1, 2), let minutes = number(minutesAt, 2), hours < 24, minutes < 60 else {
                return nil
            }
            seconds -= (has("-", at) ? -60 : 60) * (hours * 60 + minutes)
            at = minutesAt + 2
        }
        return at == bytes.count ? Timestamp(milliseconds: seconds * 1000 + milliseconds) : nil
    }

    private static func days(inMonth month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func looksNumeric(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { double(bytes) != nil }
}
