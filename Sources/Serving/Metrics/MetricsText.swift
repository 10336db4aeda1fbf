/// Writes numbers in the Prometheus text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats).
///
///     var text = MetricsText()
///     text.family("magpie_index_vectors", .gauge, "Vectors in an index.") { family in
///         family.sample(9_724, ["index": "in"])
///     }
///     // # HELP magpie_index_vectors Vectors in an index.
///     // # TYPE magpie_index_vectors gauge
///     // magpie_index_vectors{index="in"} 9724
///
/// All samples of a name stand together, as the format demands; labels are written in the order given.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        /// Goes up only, from 0 at the start of what counts; its name ends in `_total`.
        case counter
        case gauge
        case histogram
    }

    private(set) var text = ""

    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: (inout Family) -> Void) {
        precondition(Self.isName(name), "\"\(name)\" is no metric name")
        precondition((kind == .counter) == name.hasSuffix("_total"), "\(name): counters and they alone end in _total")
        var family = Family(name: name)
        samples(&family)
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n\(family.lines)"
    }

    struct Family {
        fileprivate let name: String
        fileprivate var lines = ""

        mutating func sample(_ value: Int64, _ labels: KeyValuePairs<String, String> = [:]) {
            line(name, labels.map { ($0.key, $0.value) }, "\(value)")
        }

        mutating func sample(microseconds value: Int64, _ labels: KeyValuePairs<String, String> = [:]) {
            line(name, labels.map { ($0.key, $0.value) }, Self.seconds(value))
        }

        /// - Parameters:
        ///   - counts: of each bucket by itself, and last of what is beyond all edges.
        ///   - edges: in microseconds, as is `sum`; what is written is in seconds.
        mutating func histogram(
            _ counts: [Int64], edges: [Int64], sum: Int64, _ labels: KeyValuePairs<String, String> = [:]
        ) {
            precondition(counts.count == edges.count + 1)
            let labels = labels.map { ($0.key, $0.value) }
            var passed: Int64 = 0
            for (count, edge) in zip(counts, edges.map { Self.seconds($0) } + ["+Inf"]) {
                passed += count
                line(name + "_bucket", labels + [("le", edge)], "\(passed)")
            }
            line(name + "_sum", labels, Self.seconds(sum))
            line(name + "_count", labels, "\(passed)")
        }

        private static func seconds(_ microseconds: Int64) -> String { "\(Double(microseconds) / 1e6)" }

        private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
            lines += name
            if !labels.isEmpty {
                let pairs = labels.map { label, value in
                    precondition(MetricsText.isName(label), "\"\(label)\" is no label name")
                    return "\(label)=\"\(MetricsText.escaped(value, quotes: true))\""
                }
                lines += "{" + pairs.joined(separator: ",") + "}"
            }
            lines += " \(value)\n"
        }

        mutating func sample(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
            sample(Int64(value), labels)
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
