import ArgumentParser
import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieFormats
import MagpieOffline

struct ExamplesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "examples", abstract: "Write what the ranker learns from, for another tool to learn from.",
        discussion: """
            One row a candidate, one group a request: features as of its moment, label 1 where the user then liked it. \
            The train part is what the twin's ranker learns from, the test part what it is measured on (magpie evaluate): \
            a model of any tool can be compared with ours on the same candidates. What no retriever proposed has no row; \
            how many that are is said on stderr.

            EXAMPLES
              magpie examples --output train.svm
              magpie examples --part test --format csv --output test.csv
              magpie examples --scenario search --output search.svm
            """)

    @OptionGroup var home: HomeOptions
    @OptionGroup var compute: ComputeOptions

    @Option(help: "The scenario, by its name in the configuration.")
    var scenario = Scenario.home.name

    @Option(help: "train: what the ranker learns from; test: what it is measured on.")
    var part = ExamplePart.train

    @Option(help: "svm: LibSVM with query ids; csv: with a header and the group's number.")
    var format = ExampleLines.Format.svm

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    func run() throws {
        let opened = try home.open()
        let lock = try opened.home.trainingLock()
        defer { lock.release() }
        let training = Training(
            configuration: opened.configuration, seed: compute.seed, threads: compute.threads,
            codeVersion: Magpie.version, work: opened.home.workFolder, bundles: opened.home.bundles,
            report: StageDisplay(isQuiet: true).show)
        var (groups, rows, liked, missed) = (0, 0, 0, 0)
        try AtomicFile.write(to: URL(fileURLWithPath: output)) { file in
            try training.forEachExample(of: scenario, part: part, log: opened.store, catalogue: opened.store) { group in
                try file.append(text(of: group, number: groups))
                groups += 1
                rows += group.items.count
                liked += group.labels.count { $0 }
                missed += group.missed
            }
        }
        let counts = [groups, rows, liked, missed].map(Numbers.count)
        print(
            "\(counts[0]) requests, \(counts[1]) candidates, \(counts[2]) liked, \(counts[3]) liked but not proposed: \(output)"
        )
    }

    private func text(of group: ExampleGroup, number: Int) -> String {
        var lines: [String] = []
        if number == 0, let header = ExampleLines.header(format, features: group.features.names) {
            lines.append(header)
        }
        for (row, item) in group.items.enumerated() {
            lines.append(
                ExampleLines.row(
                    format, group: number, item: item.string, label: group.labels[row] ? 1 : 0,
                    values: group.features.row(row)))
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension AtomicFile {
    fileprivate func append(_ text: String) throws {
        var text = text
        try text.withUTF8 { try append(UnsafeRawBufferPointer($0)) }
    }
}

extension ExamplePart: ExpressibleByArgument {}
extension ExampleLines.Format: ExpressibleByArgument {}
