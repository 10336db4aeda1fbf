import Foundation
import MagpieDomain
import MagpieSQLiteStore

@testable import MagpieServing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Sends requests to a server over a world, in memory or over a real socket on the loopback: the same test body.
struct Client: Sendable {
    enum Transport: Sendable, CaseIterable { case memory, socket }

    struct Reply: Sendable {
        var status: Int
        var text: String
        var json: JSONTree
        /// Over a socket only.
        var contentType: String?

        subscript(_ name: String) -> JSONTree? { json[name] }

        /// The ids of an answer's items.
        var items: [String] {
            guard case .array(let items)? = json["items"] else { return [] }
            return items.compactMap { $0["id"]?.string }
        }

        /// Of an explained answer's items those that a retriever had up to this rank.
        func proposed(by retriever: String, to last: Double) -> [String] {
            guard case .array(let items)? = json["items"] else { return [] }
            return items.compactMap { item in
                guard case .array(let proposals)? = item["proposals"] else { return nil }
                let isAmong = proposals.contains { proposal in
                    guard case .number(let rank)? = proposal["rank"] else { return false }
                    return proposal["retriever"]?.string == retriever && rank <= last
                }
                return isAmong ? item["id"]?.string : nil
            }
        }

        var errorCode: String? { json["code"]?.string }
        var errorMessage: String { json["detail"]?.string ?? "" }
    }

    let world: World
    let server: Server
    let live: LiveHome
    let served: ServedLog
    let lists: ListShelf
    /// nil = in memory.
    let port: Int?

    func get(_ path: String) async throws -> Reply { try await send("GET", path) }

    func post(_ path: String, _ body: String = "", type: String = "application/json") async throws -> Reply {
        try await send("POST", path, type: type, body: Array(body.utf8))
    }

    func delete(_ path: String) async throws -> Reply { try await send("DELETE", path) }

    func send(_ method: String, _ path: String, type: String? = nil, body: [UInt8] = []) async throws -> Reply {
        let (status, bytes, contentType) = try await exchange(method, path, type: type, body: body)
        let text = String(decoding: bytes, as: UTF8.self)
        return Reply(status: status, text: text, json: (try? JSONTree(text)) ?? .null, contentType: contentType)
    }

    /// A second server over the same home, in memory.
    func another() throws -> Server {
        var options = Server.Options(port: 0)
        options.home = world.home
        return try Server(live: live, served: served, options: options, logger: silent, signals: false)
    }

    private func exchange(
        _ method: String, _ path: String, type: String?, body: [UInt8]
    ) async throws -> (Int, [UInt8], String?) {
        guard let port else {
            let reply = try await server.respond(method: method, path: path, contentType: type, body: body)
            return (reply.status, reply.body, nil)
        }
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        if !body.isEmpty { request.httpBody = Data(body) }
        let (data, response) = try await URLSession.shared.data(for: request)
        let head = response as? HTTPURLResponse
        return (head?.statusCode ?? 0, [UInt8](data), head?.value(forHTTPHeaderField: "Content-Type"))
    }

    /// Many tests at once make requests wait; that is no reason to refuse them here.
    static var patient: Server.Options {
        var options = Server.Options(port: 0)
        options.shedding.limit = .seconds(600)
        options.shedding.wait = .seconds(600)
        return options
    }

    /// Runs a test against a new world with one bundle.
    @discardableResult
    static func run<Value: Sendable>(
        _ transport: Transport, options: Server.Options = patient, train: Bool = true,
        _ body: (Client) async throws -> Value
    ) async throws -> Value {
        let world = try World()
        if train { try world.train() }
        let live = world.live()
        let served = ServedLog(folder: world.home.servedFolder, logger: silent)
        var options = options
        options.watchInterval = .milliseconds(20)
        options.home = world.home
        let lists = ListShelf(store: try ListFile(world.home.listsURL), logger: silent)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let server = try Server(
            live: live, served: served, lists: lists, options: options, logger: silent, signals: false
        ) {
            _, port in
            found.yield(port)
        }
        guard transport == .socket else {
            if train { try await live.activate(world.home.bundles.currentID() ?? "") }
            return try await body(
                Client(world: world, server: server, live: live, served: served, lists: lists, port: nil))
        }
        let running = Task {
            defer { found.finish() }
            try await server.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await running.value
            throw URLError(.cannotConnectToHost)
        }
        let client = Client(
            world: world, server: server, live: live, served: served, lists: lists, port: port)
        while train, live.status == nil { try await Task.sleep(for: .milliseconds(2)) }
        let result: Result<Value, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await server.stop()
        try await running.value
        return try result.get()
    }
}

extension JSONTree {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var count: Int? { if case .array(let values) = self { values.count } else { nil } }
}
