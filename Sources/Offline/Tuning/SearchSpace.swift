import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels

/// One number or word of the configuration, and what may be tried for it.
///
///     embedding.skipGram.window=5..100:log      a whole number, as likely from 5 to 22 as from 23 to 100
///     neighbours.beta=0.0..1.0                  a real number (one end has a point), all alike
///     embedding.skipGram.subsample=0,1e-5,1e-4  one of these
public struct TunedParameter: Sendable, Hashable {
    public enum Values: Sendable, Hashable {
        case whole(ClosedRange<Int>, isLogarithmic: Bool)
        case real(ClosedRange<Double>, isLogarithmic: Bool)
        case choice([JSONValue])
    }

    /// Keys of the configuration, joined by points.
    public let path: String
    public let values: Values

    public init(_ path: String, _ values: Values) {
        self.path = path
        self.values = values
    }

    /// Throws ``TuningError/badParameter(got:expected:)``.
    public init(notation: String) throws {
        guard let equals = notation.firstIndex(of: "="), equals != notation.startIndex else {
            throw TuningError.badParameter(got: notation, expected: Self.expected)
        }
        let path = String(notation[..<equals])
        var words = String(notation[notation.index(after: equals)...])
        let isLogarithmic = words.hasSuffix(":log")
        if isLogarithmic { words.removeLast(4) }
        guard let dots = words.firstRange(of: "..") else {
            let choices = words.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard !isLogarithmic, choices.allSatisfy({ !$0.isEmpty }) else {
                throw TuningError.badParameter(got: notation, expected: Self.expected)
            }
            self.init(path, .choice(choices.map(Self.value)))
            return
        }
        let (low, high) = (String(words[..<dots.lowerBound]), String(words[dots.upperBound...]))
        if let low = Int(low), let high = Int(high), low <= high, !isLogarithmic || low > 0 {
            self.init(path, .whole(low...high, isLogarithmic: isLogarithmic))
        } else if let low = Double(low), let high = Double(high), low.isFinite, high.isFinite, low <= high,
            !isLogarithmic || low > 0
        {
            self.init(path, .real(low...high, isLogarithmic: isLogarithmic))
        } else {
            throw TuningError.badParameter(got: notation, expected: Self.expected)
        }
    }

    private static let expected = "PATH=LOW..HIGH, PATH=LOW..HIGH:log (LOW above 0) or PATH=A,B,C"

    private static func value(_ word: String) -> JSONValue {
        if let whole = Int64(word) { return .integer(whole) }
        if let real = Double(word), real.isFinite { return .number(real) }
        if word == "true" || word == "false" { return .bool(word == "true") }
        return .string(word)
    }

    /// As it was, or would be, written.
    public var notation: String {
        switch values {
        case .whole(let range, let isLogarithmic):
            "\(path)=\(range.lowerBound)..\(range.upperBound)\(isLogarithmic ? ":log" : "")"
        case .real(let range, let isLogarithmic):
            "\(path)=\(range.lowerBound)..\(range.upperBound)\(isLogarithmic ? ":log" : "")"
        case .choice(let values): "\(path)=" + values.map(\.words).joined(separator: ",")
        }
    }

    func draw(using random: inout RandomSource) -> JSONValue {
        // In double precision: a draw from 1e-6 to 1e6 needs more than 24 bits.
        let share = Double(random.next() >> 11) / 0x1p53
        switch values {
        case .choice(let values): return values[min(Int(share * Double(values.count)), values.count - 1)]
        case .real(let range, let isLogarithmic): return .number(Self.rounded(Self.at(share, range, isLogarithmic)))
        case .whole(let range, let isLogarithmic):
            let ends = Double(range.lowerBound)...Double(range.upperBound) + 1
            let value = Int(Self.at(share, ends, isLogarithmic))
            return .integer(Int64(min(max(value, range.lowerBound), range.upperBound)))
        }
    }

    private static func at(_ share: Double, _ range: ClosedRange<Double>, _ isLogarithmic: Bool) -> Double {
        if !isLogarithmic { return range.lowerBound + share * (range.upperBound - range.lowerBound) }
        return range.lowerBound * pow(range.upperBound / range.lowerBound, share)
    }

    /// Three digits: what people would write, and far finer than what can be told apart.
    private static func rounded(_ value: Double) -> Double {
        guard value != 0 else { return 0 }
        let unit = pow(10, log10(abs(value)).rounded(.down) - 2)
        return Double(String(format: "%.3g", (value / unit).rounded() * unit)) ?? value
    }
}

/// What is tried: a value for each parameter, drawn by seed and number, so that the n-th trial of a search is the same
/// whenever and wherever it runs.
public struct SearchSpace: Sendable, Hashable {
    public let parameters: [TunedParameter]

    /// Throws ``TuningError`` when there is none, or one twice.
    public init(_ parameters: [TunedParameter]) throws {
        guard !parameters.isEmpty else { throw TuningError.noParameters }
        var seen = Set<String>()
        for parameter in parameters where !seen.insert(parameter.path).inserted {
            throw TuningError.badParameter(got: "\(parameter.path) twice", expected: "each parameter once")
        }
        self.parameters = parameters
    }

    func draw(_ trial: Int, seed: UInt64) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for (place, parameter) in parameters.enumerated() {
            // A stream for each parameter: one more of them does not change the others.
            var random = RandomSource(seed: seed, 0x7475_6E65, UInt64(trial), UInt64(place))
            values[parameter.path] = parameter.draw(using: &random)
        }
        return values
    }
}

extension JSONValue {
    /// For tables and notations.
    public var words: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array(let values): "[" + values.map(\.words).joined(separator: ",") + "]"
        case .object: "{...}"
        }
    }
}

public enum TuningError: Error, Equatable, CustomStringConvertible {
    case badParameter(got: String, expected: String)
    case noParameters
    case unknownStage(got: String, expected: [String])
    case unknownMetric(got: String, expected: String)
    case unknownSystem(got: String, expected: [String])
    case nothingAsked(scenario: String)
    case journal(file: String, line: Int)

    public var description: String {
        switch self {
        case .badParameter(let got, let expected): "parameter \(got): expected \(expected)"
        case .noParameters: "nothing to tune: name a stage, or parameters with --parameter PATH=LOW..HIGH"
        case .unknownStage(let got, let expected):
            "there is no search space named \"\(got)\": the named ones are \(expected.joined(separator: ", "))"
        case .unknownMetric(let got, let expected): "metric \"\(got)\": expected one of \(expected)"
        case .unknownSystem(let got, let expected):
            "\"\(got)\" answers no request of this scenario: expected one of \(expected.joined(separator: ", "))"
        case .nothingAsked(let scenario):
            "the validation window has no request of scenario \(scenario): import more events, or choose another "
                + "scenario with --scenario"
        case .journal(let file, let line):
            "\(file):\(line): not a line of a tuning journal: mend it, or delete the file to begin anew"
        }
    }
}
