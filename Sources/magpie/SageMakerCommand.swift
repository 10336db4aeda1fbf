import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieServing

/// `magpie sagemaker`: the two words with which SageMaker starts a container, `serve` and `train`.
struct SageMakerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sagemaker", abstract: "Run as a container of Amazon SageMaker.",
        discussion: """
            SageMaker starts an image with the word serve or train and everything under /opt/ml. With this verb as the \
            image's entry point:

              /opt/ml/input/data/events/      channel events: files of magpie import (also train, training)
              /opt/ml/input/data/items/       channel items; channel users; channel movielens: such a folder
              /opt/ml/input/config/hyperparameters.json    {"seed": "7", "embedding.dimensions": "96"}
              /opt/ml/model/                  the home that train makes and serve answers from
              /opt/ml/output/failure          why train failed

            EXAMPLES
              magpie sagemaker train --root ./ml
              magpie sagemaker serve --root ./ml
              curl localhost:8080/invocations --json '{"user": "42", "count": 5}'
            """, subcommands: [Serve.self, Train.self])

    struct Root: ParsableArguments {
        @Option(name: .customLong("root"), help: ArgumentHelp("What SageMaker maps.", valueName: "dir"))
        var path = "/opt/ml"

        var url: URL { URL(fileURLWithPath: path, isDirectory: true) }
        var model: URL { url.appendingPathComponent("model", isDirectory: true) }
    }

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answer /ping, /invocations and /execution-parameters, and everything of magpie serve.")

        @OptionGroup var root: Root
        @Option(help: "The port to listen on; without it $SAGEMAKER_BIND_TO_PORT, or 8080.")
        var port: Int?

        func validate() throws {
            if let port, !(0...65_535).contains(port) {
                throw ValidationError("--port is \(port), expected 0 to 65535")
            }
        }

        func run() async throws {
            let told = ProcessInfo.processInfo.environment["SAGEMAKER_BIND_TO_PORT"]
            let home = try WritableHome(root.model)
            defer { home.remove() }
            let options = try HomeOptions.parse(["--home", home.url.path])
            var settings = try ServeSettings(of: try options.open().home)
            settings.host = "0.0.0.0"
            settings.port = port ?? told.flatMap { Int($0) } ?? 8080
            // SageMaker kills what does not end within 30 seconds.
            settings.shutdownSeconds = 25
            var server = settings.options
            server.isSageMaker = true
            try await ServeCommand.serve(options, settings, server)
        }
    }

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a home of the channels' files and train it.")

        @OptionGroup var root: Root

        func run() throws {
            do {
                try SageMakerTraining(root: root.url, model: root.model).run()
            } catch {
                try SageMakerTraining.tell(error, root: root.url)
                throw error
            }
        }
    }
}

/// A home that can be written: the model's own, or, where that cannot be (SageMaker maps models read-only), one beside it
/// with a copy of the log and the same bundles.
private struct WritableHome {
    let url: URL
    private let isCopy: Bool

    init(_ model: URL) throws {
        let files = FileManager.default
        let marker = model.appendingPathComponent("home.json")
        guard files.fileExists(atPath: marker.path) else {
            throw ArtifactError.notAHome(path: model.path, got: "no home.json in it")
        }
        guard !files.isWritableFile(atPath: model.path) else {
            (url, isCopy) = (model, false)
            return
        }
        url = files.temporaryDirectory.appendingPathComponent("magpie-home-\(UUID().uuidString)", isDirectory: true)
        isCopy = true
        try files.createDirectory(at: url, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: model.path) {
            let from = model.appendingPathComponent(name)
            let to = url.appendingPathComponent(name)
            switch name {
            case "bundles": try files.createSymbolicLink(at: to, withDestinationURL: from)
            case "home.json", "magpie.json", "keys.json": try files.copyItem(at: from, to: to)
            case _ where name.hasPrefix("log.sqlite"): try files.copyItem(at: from, to: to)
            default: continue
            }
        }
        for folder in ["work", "served", "rejects"] {
            try files.createDirectory(at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
    }

    func remove() {
        if isCopy { try? FileManager.default.removeItem(at: url) }
    }
}
