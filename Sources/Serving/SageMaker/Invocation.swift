import Hummingbird
import MagpieDomain

/// A body of SageMaker's `/invocations`: one question, or one a line, and an answer for each.
///
/// | content type | a question | an answer |
/// |---|---|---|
/// | `application/json` | the object of ``Question``, or an array of them | as of `/v1`, or an array |
/// | `application/jsonlines` | such an object a line | such an answer a line |
/// | `text/csv` | `user` or `user,count` a line, no header | the ids a line, `"2571,260,1196"` |
///
/// What is asked follows from what is told: `item` = like it, `q` or `query` = a search, `items` = put these in order, else
/// recommendations. With `Accept` the answers come in another of these forms.
struct Invocation {
    enum Form: String, CaseIterable {
        case json = "application/json"
        case lines = "application/jsonlines"
        case csv = "text/csv"

        /// nil: none of ours.
        init?(mediaType: String) {
            let type = mediaType.split(separator: ";").first.map {
                $0.trimmingCharacters(in: .whitespaces).lowercased()
            }
            switch type ?? "" {
            case "application/json": self = .json
            case "application/jsonlines", "application/x-jsonlines", "application/x-ndjson", "application/jsonl":
                self = .lines
            case "text/csv": self = .csv
            default: return nil
            }
        }

        static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
    }

    var questions: [Question] = []
    /// JSON: an array came, and an array goes back.
    var isMany = false
    let answerForm: Form

    /// - Throws: ``APIError``; what is wrong in a line names the line.
    init(body: [UInt8], contentType: String?, accept: String?) throws {
        guard let form = Form(mediaType: contentType ?? Form.json.rawValue) else {
            throw APIError(
                .unsupportedMediaType, "bad_content_type",
                "Content-Type: got \"\(contentType ?? "")\", expected \(Form.names)")
        }
        let wanted = accept.flatMap { $0.isEmpty || $0.contains("*/*") ? nil : $0 }
        guard let answerForm = wanted.map(Form.init(mediaType:)) ?? form else {
            throw APIError(.notAcceptable, "bad_accept", "Accept: got \"\(accept ?? "")\", expected \(Form.names)")
        }
        self.answerForm = answerForm
        switch form {
        case .csv:
            questions = try Self.lines(body).map { line in
                try Self.naming("line \(line.number)") { try Self.question(csv: line.text) }
            }
        case .json, .lines:
            let isLines = form == .lines
            questions = try BodyDocuments.decoded(body, isLines: isLines, noun: "question") { tree, place in
                try Self.naming(place) { try Self.question(tree) }
            }
            isMany = isLines || body.first { !Self.isSpace($0) } == UInt8(ascii: "[")
        }
    }

    /// What is wrong says where it stands.
    private static func naming<Value>(_ place: String, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch let error as APIError {
            throw APIError(error.status, error.code, "\(place): \(error.message)")
        } catch let error as FilterPredicateError {
            throw APIError(.badRequest, "bad_filter", "\(place): \(error.description)")
        } catch let error as FilterPredicateJSONError {
            throw APIError(.badRequest, "bad_filter", "\(place): \(error.description)")
        }
    }

    private static func question(_ tree: JSONTree) throws -> Question {
        guard case .object(let members) = tree else {
            throw APIError.badRequest("not a JSON object, such as {\"user\": \"42\", \"count\": 10}")
        }
        let names = Set(members.map(\.name))
        let scenario: Scenario =
            names.contains("item") ? .similar : names.contains("q") || names.contains("query") ? .search : .home
        var question = try Question(members: members.filter { $0.name != "item" }, scenario: scenario)
        if let item = members.first(where: { $0.name == "item" })?.value {
            guard case .string(let id) = item, !id.isEmpty else {
                throw APIError.badRequest("\"item\": got \(item.shown), expected an id as text, not empty")
            }
            question.seed = ItemID(id)
        }
        return question
    }

    private static func question(csv line: String) throws -> Question {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard cells.count <= 2, !cells[0].isEmpty else {
            throw APIError.badRequest("got \"\(line.prefix(60))\", expected user or user,count")
        }
        return try Question([("user", cells[0])] + cells.dropFirst().map { ("count", $0) }, scenario: .home)
    }

    private static func lines(_ body: [UInt8]) throws -> [(number: Int, text: String)] {
        let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().compactMap {
            number, line -> (number: Int, text: String)? in
            let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            return text.isEmpty ? nil : (number + 1, text)
        }
        guard lines.count <= BodyDocuments.limit else {
            throw APIError.badRequest("more than \(BodyDocuments.limit) lines: send them in several requests")
        }
        return lines
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
