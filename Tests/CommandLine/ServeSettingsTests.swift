import Foundation
import Testing

/// Settings of `magpie serve`: the home's file, over it the environment, over that the options.
@Suite struct ServeSettingsTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    @Test func theNarrowerPlaceWins() async throws {
        try magpie.trainPlantedFilms()
        _ = try magpie.write(
            #"{"host": "localhost", "port": 1, "logLevel": "debug", "shedding": {"leastQueue": 3}}"#, "home/serve.json")
        let process = try magpie.start(
            ["serve", "--home", magpie.home.path, "--port", "0"],
            environment: ["MAGPIE_SERVE_HOST": "127.0.0.1", "MAGPIE_SERVE_PORT": "2"])
        defer { process.terminate() }
        while process.isRunning, !magpie.said.contains("Ctrl-C") { try await Task.sleep(for: .milliseconds(20)) }
        let said = magpie.said
        #expect(said.contains("http://127.0.0.1:") && !said.contains("127.0.0.1:1 ") && !said.contains("127.0.0.1:2 "))
    }

    @Test(
        arguments: [
            (#"{"prot": 8081}"#, [:], "serve.json: unknown key \"prot\""),
            (#"{"shedding": {"wait": 1}}"#, [:], "unknown key \"shedding.wait\""),
            (#"{"port": "8081"}"#, [:], "port"),
            (#"{"port": 70000}"#, [:], "port is 70000, expected 0 to 65535"),
            (#"{"shedding": {"waitMilliseconds": 0}}"#, [:], "shedding.waitMilliseconds is 0"),
            (#"{"indexRecallPercent": 40}"#, [:], "indexRecallPercent is 40, expected 50 to 99"),
            (#"{"tracesPerThousand": 1001}"#, [:], "tracesPerThousand is 1001, expected 0 to 1000"),
            (#"[]"#, [:], "serve.json"),
            ("{}", ["MAGPIE_SERVE_PORT": "eighty"], "MAGPIE_SERVE_PORT is \"eighty\", expected a whole number"),
            ("{}", ["MAGPIE_SERVE_PROT": "80"], "unknown key \"MAGPIE_SERVE_PROT\""),
            ("{}", ["MAGPIE_SERVE_IDLE_SECONDS": "0"], "idleSeconds is 0, expected 1 to 86400"),
            ("{}", ["MAGPIE_SERVE_SHEDDING_WAIT_MILLISECONDS": "-1"], "shedding.waitMilliseconds is -1"),
            ("{}", ["MAGPIE_SERVE_LOG_LEVEL": "loud"], "logLevel is loud"),
            ("{}", ["MAGPIE_SERVE_TLS_KEY": "key.pem"], "tlsCertificate and tlsKey belong together"),
        ] as [(String, [String: String], String)])
    func wrongOnesAreNamed(file: String, environment: [String: String], told: String) throws {
        try magpie.importPlantedFilms()
        _ = try magpie.write(file, "home/serve.json")
        let refused = try magpie.run(["serve", "--home", magpie.home.path], environment: environment)
        #expect(refused.exitCode != 0 && refused.error.contains(told), "\(refused)")
    }
}
