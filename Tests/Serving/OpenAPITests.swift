import MagpieDomain
import Testing

@testable import MagpieServing

@Suite struct OpenAPITests {
    private func names(_ tree: JSONTree?) -> Set<String> {
        guard case .object(let members)? = tree else { return [] }
        return Set(members.map(\.name))
    }

    @Test func describesEveryRouteAndNoOther() async throws {
        try await Client.run(.memory, train: false) { client in
            let document = try await client.get("/openapi.json")
            #expect(document.status == 200 && document["openapi"] == .string("3.1.0"))
            let router = Server.router(
                live: client.live, served: client.served, keys: try KeyGuard(nil), home: client.world.home)
            let routes = Set(
                router.routes.filter { $0.method != .head }.map { "\($0.method.rawValue.lowercased()) \($0.path)" })
            let described = names(document["paths"]).flatMap { path in
                names(document["paths"]?[path]).map { "\($0) \(path)" }
            }
            #expect(Set(described) == routes, "\(routes.symmetricDifference(described).sorted())")
            #expect(routes.count > 15)
        }
    }

    /// The names of a question are those of the schema, and each that a GET takes is a parameter.
    @Test func aQuestion() throws {
        let document = try JSONTree(OpenAPIDocument.text)
        let schemas = document["components"]?["schemas"]
        #expect(names(schemas?["Question"]?["properties"]) == Set(Question.names))
        let all = document["components"]?["parameters"]
        let parameters = names(all).filter { all?[$0]?["in"] == .string("query") }
        #expect(parameters == Set(Question.names).subtracting(["query"]))
    }

    /// Whatever a reference names is there.
    @Test func referencesHold() throws {
        let document = try JSONTree(OpenAPIDocument.text)
        var found = 0
        func walk(_ tree: JSONTree) {
            switch tree {
            case .object(let members):
                for member in members {
                    if member.name == "$ref", case .string(let target) = member.value {
                        found += 1
                        let parts = target.split(separator: "/").dropFirst().map(String.init)
                        let there = parts.reduce(Optional(document)) { $0?[$1] }
                        #expect(there != nil, "\(target)")
                    }
                    walk(member.value)
                }
            case .array(let values): for value in values { walk(value) }
            default: break
            }
        }
        walk(document)
        #expect(found > 50)
    }

    @Test(arguments: ["/nowhere", "/v1/recommendations?cuont=3", "/v1/search"])
    func problemsAreAsDescribed(path: String) async throws {
        try await Client.run(.socket) { client in
            let reply = try await client.get(path)
            let schema = try JSONTree(OpenAPIDocument.text)["components"]?["schemas"]?["Problem"]
            #expect(reply.contentType == "application/problem+json")
            #expect(names(reply.json) == names(schema?["properties"]))
            #expect(reply["status"] == .number(Double(reply.status)))
        }
    }
}
