import ArgumentParser
import Foundation
import MagpieDomain
import MagpieOffline

/// A training job: channels in, a home out.
struct SageMakerTraining {
    let root: URL
    let model: URL

    /// Channels, and what `magpie import` is told of their files.
    private static let channels: [(names: [String], arguments: [String])] = [
        (["movielens"], []), (["events", "train", "training"], []), (["items"], ["--items"]), (["users"], ["--users"]),
    ]

    func run() throws {
        let parameters = try hyperparameters()
        let home = ["--home", model.path]
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        let files = try channelFiles()
        for (paths, arguments) in files { try ImportCommand.parse(paths + arguments + home).run() }
        try Data(parameters.configuration.utf8).write(to: model.appendingPathComponent("magpie.json"))
        try TrainCommand.parse(home + ["--force"] + parameters.arguments).run()
        // What only makes the next training faster is not part of a model.
        try? FileManager.default.removeItem(at: model.appendingPathComponent("work"))
        try FileManager.default.createDirectory(
            at: model.appendingPathComponent("work"), withIntermediateDirectories: true)
    }

    /// SageMaker shows what stands in `output/failure`, at most 1,024 characters of it.
    static func tell(_ error: any Error, root: URL) throws {
        let folder = root.appendingPathComponent("output", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let text = TrainCommand.message(for: error)
        try Data((text.isEmpty ? "\(error)" : text).utf8.prefix(1_024)).write(
            to: folder.appendingPathComponent("failure"))
    }

    private func channelFiles() throws -> [(paths: [String], arguments: [String])] {
        let data = root.appendingPathComponent("input/data", isDirectory: true)
        let files = FileManager.default
        let found = ((try? files.contentsOfDirectory(atPath: data.path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
        let known = Self.channels.flatMap(\.names)
        if let unknown = found.first(where: { !known.contains($0) }) {
            throw SageMakerError.unknownChannel(unknown, expected: known)
        }
        let all = Self.channels.flatMap { channel in
            channel.names.filter(found.contains).map { name -> (paths: [String], arguments: [String]) in
                let folder = data.appendingPathComponent(name, isDirectory: true)
                if name == "movielens" { return ([folder.path], channel.arguments) }
                let names = ((try? files.contentsOfDirectory(atPath: folder.path)) ?? []).filter { !$0.hasPrefix(".") }
                return (names.sorted().map { folder.appendingPathComponent($0).path }, channel.arguments)
            }
        }.filter { !$0.paths.isEmpty }
        guard !all.isEmpty else { throw SageMakerError.noData(folder: data.path, expected: known) }
        return all
    }

    /// SageMaker gives every value as text, and adds some of its own (`sagemaker_region` ...).
    private func hyperparameters() throws -> (configuration: String, arguments: [String]) {
        let url = root.appendingPathComponent("input/config/hyperparameters.json")
        guard FileManager.default.fileExists(atPath: url.path) else { return ("{}\n", []) }
        guard let tree = try? JSONTree(String(decoding: Data(contentsOf: url), as: UTF8.self)),
            case .object(let members) = tree
        else { throw SageMakerError.badHyperparameters(file: url.path, detail: "it is no JSON object") }
        var arguments: [String] = []
        var configuration = JSONTree.object([])
        for member in members where !member.name.hasPrefix("sagemaker_") {
            guard case .string(let text) = member.value else {
                throw SageMakerError.badHyperparameters(
                    file: url.path, detail: "\"\(member.name)\": expected a text, such as \"64\"")
            }
            if member.name == "seed" || member.name == "threads" {
                arguments += ["--\(member.name)", text]
                continue
            }
            // A text that is JSON is taken as that: 64, true, ["a", "b"].
            let value = (try? JSONTree(text)) ?? .string(text)
            configuration = Self.set(configuration, member.name.split(separator: ".").map(String.init), value)
        }
        _ = try Configuration(json: Data(configuration.text.utf8), file: url.path)
        return (configuration.text + "\n", arguments)
    }

    private static func set(_ tree: JSONTree, _ path: [String], _ value: JSONTree) -> JSONTree {
        guard let name = path.first else { return value }
        var members: [JSONTree.Member] = []
        if case .object(let own) = tree { members = own }
        let inner = set(
            members.first { $0.name == name }?.value ?? .object([]), Array(path.dropFirst()), value)
        members.removeAll { $0.name == name }
        return .object(members + [.init(name, inner)])
    }
}

enum SageMakerError: Error, CustomStringConvertible {
    case unknownChannel(String, expected: [String])
    case noData(folder: String, expected: [String])
    case badHyperparameters(file: String, detail: String)

    var description: String {
        switch self {
        case .unknownChannel(let name, let expected):
            "channel \"\(name)\": expected \(expected.joined(separator: ", ")): rename it in the training job"
        case .noData(let folder, let expected):
            "\(folder) holds no files: give the training job a channel (\(expected.joined(separator: ", ")))"
        case .badHyperparameters(let file, let detail): "\(file): \(detail)"
        }
    }
}
