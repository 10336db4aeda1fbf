import ArgumentParser
import Foundation

/// The command line. One file a verb; only this target prints.
@main
struct Magpie: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "magpie",
        abstract: "Recommendations and search, from raw events to ranked answers.",
        discussion: """
            A home folder holds everything: the event log, the catalogue, what training made, and the configuration.

              magpie import ml-latest-small          events and items in
              magpie train                           fit, evaluate and publish a bundle
              magpie search "the matrix"             ask
              magpie serve                           the same answers over HTTP
            """,
        version: version,
        subcommands: [
            ImportCommand.self, HideCommand.self, ShowCommand.self, DeleteCommand.self, EraseCommand.self,
            TrainCommand.self, EvaluateCommand.self, TuneCommand.self, BundlesCommand.self, VerifyCommand.self,
            RecommendCommand.self, SearchCommand.self, SimilarCommand.self, RankCommand.self, BatchCommand.self,
            ListsCommand.self, CompactCommand.self,
            FeaturesCommand.self, ExamplesCommand.self, ServeCommand.self, KeysCommand.self, SageMakerCommand.self,
            BenchCommand.self,
        ])

    static let version = "0.1.0"

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(with: error)
        }
    }
}

/// How an error reaches a person: one line that names the place and the remedy, and an exit code.
enum Failure {
    /// Exits with 64 for a wrong call (with usage), 1 for everything else that failed; 0 for help and version.
    static func exit(with error: any Error) -> Never {
        let code = Magpie.exitCode(for: error)
        let isParserError = code == .validationFailure || code == .success || error is ExitCode || error is CleanExit
        if isParserError { Magpie.exit(withError: error) }
        FileHandle.standardError.write(Data("error: \(oneLine(error))\n".utf8))
        Foundation.exit(1)
    }

    private static func oneLine(_ error: any Error) -> String {
        let text = error is CocoaError ? error.localizedDescription : "\(error)"
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
