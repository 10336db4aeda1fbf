import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure parts of Magpie on your own data.",
        discussion: """
            EXAMPLES
              magpie bench index --base base.npy --queries q.npy --metric cosine
              magpie bench text --documents films.tsv --known-item
              magpie bench embed --sequences histories.txt
              magpie bench features --events 10000000
              magpie bench rank --train vali.txt --test test.txt
              magpie bench load --rate 500 --users users.txt
            """,
        subcommands: [
            BenchIndexCommand.self, BenchSwitchCommand.self, BenchEmbedCommand.self, BenchNeighboursCommand.self,
            BenchTextCommand.self, BenchFeaturesCommand.self, BenchRankCommand.self,
            BenchLoadCommand.self,
        ])
}
