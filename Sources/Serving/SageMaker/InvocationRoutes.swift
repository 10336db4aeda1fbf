import Foundation
import Hummingbird
import MagpieDomain
import MagpieOnline

/// What SageMaker asks of a container that serves a model, beside the routes under `/v1`.
///
///     GET  /ping                    200 when a bundle is open, else 503
///     POST /invocations             ``Invocation``
///     GET  /execution-parameters    how batch transform should ask
///
/// (Amazon SageMaker Developer Guide, "Custom Inference Code with Hosting Services" and "... with Batch Transform".)
struct InvocationRoutes {
    /// SageMaker's own bound on a payload is 6 MB for real-time endpoints, and 100 MB for batch transform.
    static let bodyLimit = 6 << 20

    let answering: Answering

    func add(to router: Router<ServingContext>) {
        let answering = answering
        router.on("/ping", [.get]) { _ in
            guard answering.live.status != nil else { throw APIError.notReady }
            return Response(status: .ok)
        }
        router.on("/execution-parameters", [.get]) { _ in
            .json { json in
                json.object { json in
                    json.field("MaxConcurrentTransforms", ProcessInfo.processInfo.activeProcessorCount)
                    json.field("BatchStrategy", "MULTI_RECORD")
                    json.field("MaxPayloadInMB", Self.bodyLimit >> 20)
                }
            }
        }
        router.on("/invocations", [.post]) { request in
            let invocation = try Invocation(
                body: try await request.bytes(limit: Self.bodyLimit), contentType: request.headers[.contentType],
                accept: request.headers[.accept])
            var answers: [Answer] = []
            for question in invocation.questions { answers.append(try answering.answer(question)) }
            return Self.response(answers, invocation)
        }
    }

    private static func response(_ answers: [Answer], _ invocation: Invocation) -> Response {
        var json = JSONWriter()
        switch invocation.answerForm {
        case .json where invocation.isMany: json.array(answers) { json, answer in json.write(answer) }
        case .json:
            if let answer = answers.first { json.write(answer) }
        case .lines:
            for answer in answers {
                json.write(answer)
                json.newline()
            }
        case .csv:
            let lines = answers.map { answer in answer.entries.map { cell($0.id.string) }.joined(separator: ",") + "\n"
            }
            return Response(
                status: .ok, headers: [.contentType: invocation.answerForm.rawValue],
                body: ResponseBody(byteBuffer: ByteBuffer(string: lines.joined())))
        }
        return Response(
            status: .ok, headers: [.contentType: invocation.answerForm.rawValue],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }

    /// RFC 4180: quoted where it must be.
    private static func cell(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
