/// `GET /openapi.json`: what can be asked, for people's tools (OpenAPI 3.1).
///
/// A test holds it against the router: what has a route is described, what is described has a route, and the names of a
/// question are those that ``Question`` takes.
enum OpenAPIDocument {
    static let text = """
        {"openapi": "3.1.0",
        "info": {"title": "Magpie", "version": "0.1.0",
        "description": "Recommendations and search, from raw events to ranked answers.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{}, {"key": []}],
        "tags": [{"name": "ask"}, {"name": "tell"}, {"name": "administer"}, {"name": "operate"}],
        "paths": \(paths),
        "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "where the home has keys"}},
        "parameters": \(parameters),
        "schemas": \(schemas),
        "responses": {"Problem": {"description": "what is wrong, where, and the remedy",
        "content": {"application/problem+json": {"schema": \(schema("Problem"))}}}}}}

        """

    private static var paths: String {
        var methods: [(path: String, operations: [OpenAPIOperation])] = []
        for operation in OpenAPIOperation.all {
            if let at = methods.firstIndex(where: { $0.path == operation.path }) {
                methods[at].operations.append(operation)
            } else {
                methods.append((operation.path, [operation]))
            }
        }
        let members = methods.map { path, operations in
            "\"\(path)\": {" + operations.map { "\"\($0.method)\": \($0.json)" }.joined(separator: ",\n") + "}"
        }
        return "{" + members.joined(separator: ",\n") + "}"
    }

    static func schema(_ name: String) -> String { "{\"$ref\": \"#/components/schemas/\(name)\"}" }
}
