import Hummingbird

extension Request {
    /// The whole body. Throws ``APIError/tooLarge(limit:)``, before anything is read when the header says so.
    func bytes(limit: Int) async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIError.tooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        for try await part in body {
            guard bytes.count + part.readableBytes <= limit else { throw APIError.tooLarge(limit: limit) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// A part of the path, such as the id in `/v1/items/{id}/similar`, without its percent escapes.
    static func pathPart(_ name: String, _ context: ServingContext) throws -> String {
        let raw = try context.parameters.require(name)
        guard let text = QueryString.decoded(raw[...], plusIsSpace: false), !text.isEmpty else {
            throw APIError.badRequest("the path holds \"\(raw)\": expected UTF-8 with percent escapes, not empty")
        }
        return text
    }
}
