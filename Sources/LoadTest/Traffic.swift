import Foundation
import MagpieKernels

/// Which requests are sent, in order: the same for a seed.
struct Traffic {
    private let options: LoadOptions
    private let users: AliasTable?
    private var random: RandomSource
    private var strangers = 0

    init(_ options: LoadOptions, stream: UInt64) {
        self.options = options
        random = RandomSource(seed: options.seed, stream)
        // P(rank r) ~ 1 / r^s.
        users =
            options.users.isEmpty
            ? nil : AliasTable(options.users.indices.map { 1 / pow(Double($0 + 1), options.zipf) })
    }

    private mutating func user() -> String {
        guard let users, Double(random.uniform()) >= options.unknown else {
            strangers += 1
            return "stranger-\(options.seed)-\(strangers)"
        }
        return options.users[users.draw(using: &random)]
    }

    /// The bytes of one question.
    mutating func question() -> String { "GET \(target()) HTTP/1.1\r\n\(head)\r\n" }

    /// What one question asks for: path and query.
    mutating func target() -> String {
        var query = "user=\(Self.escaped(user()))&count=\(options.count)"
        var path = "/v1/recommendations"
        if !options.texts.isEmpty, Double(random.uniform()) < options.searches {
            path = "/v1/search"
            query += "&q=\(Self.escaped(options.texts[random.below(options.texts.count)]))"
        }
        if !options.filters.isEmpty, Double(random.uniform()) < options.filtered {
            query += "&filter=\(Self.escaped(options.filters[random.below(options.filters.count)]))"
        }
        if !options.more.isEmpty { query += "&\(options.more)" }
        return "\(path)?\(query)"
    }

    /// The bytes of one event.
    mutating func event() -> String {
        let item = options.items.isEmpty ? "0" : options.items[random.below(options.items.count)]
        let body = #"{"kind":"click","userId":"\#(Self.quoted(user()))","itemId":"\#(Self.quoted(item))"}"#
        return "POST /v1/events HTTP/1.1\r\n\(head)Content-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private var head: String {
        "Host: \(options.host)\r\n" + (options.key.map { "Authorization: Bearer \($0)\r\n" } ?? "")
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
            if isPlain {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }

    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { out, scalar in
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case _ where scalar.value < 0x20: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}
