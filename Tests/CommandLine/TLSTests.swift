import Foundation
import Testing

/// A server that speaks TLS, asked by curl.
@Suite struct TLSTests {
    let magpie: MagpieProcess
    init() throws { magpie = try MagpieProcess() }

    @Test func overTLS() async throws {
        try magpie.trainPlantedFilms()
        let certificate = try magpie.write(Self.certificate, "certificate.pem")
        let key = try magpie.write(Self.key, "key.pem")
        #expect(try magpie.run("serve", "--tls-certificate", certificate).exitCode == 64)
        let wrong = try magpie.write("nothing", "wrong.pem")
        for first in [wrong, certificate] {
            let refused = try magpie.run("serve", "--tls-certificate", first, "--tls-key", wrong)
            #expect(refused.exitCode == 1 && refused.error.contains("wrong.pem"), "\(refused)")
        }
        let (process, url) = try await magpie.serve("--tls-certificate", certificate, "--tls-key", key)
        defer { process.terminate() }
        #expect(url.hasPrefix("https:"))
        while process.isRunning, try curl("--cacert", certificate, url + "/readyz").output.contains("not_ready") {
            try await Task.sleep(for: .milliseconds(20))
        }
        let answer = try curl("--cacert", certificate, url + "/v1/recommendations?user=u2&count=3")
        #expect(answer.exitCode == 0 && answer.output.contains("\"items\":[{\"id\""), "\(answer)")
        #expect(try curl(url + "/livez").exitCode == 60, "nobody vouches for the certificate")
        #expect(try curl(url.replacing("https:", with: "http:") + "/livez").output.contains("alive") == false)
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    /// Of localhost, made for this test, good until 2126; nobody trusts it.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUeC09uJkqUoTruQGDj9x45l+QoY4wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjA1NTMxN1oYDzIxMjYxMTAy
        MDU1MzE3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATcoQ1e/7DN/9x/agtkEpYmvbhGEsNKDbhCoaDfTTtYfD9xx44zkzRh
        WRqVS0Mu0ocCyZa5LesddwYtMcaoSrjho28wbTAdBgNVHQ4EFgQUM6AIPBm1uoG2
        kdqVJKJQbfal3CAwHwYDVR0jBBgwFoAUM6AIPBm1uoG2kdqVJKJQbfal3CAwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgEAegy7FNRl5ckSsoVILQaxVJiO6ftrewymT0XKg9paYCIHfM
        rWQBv9/r6I51Zis6vTOrRPS3ZMf/fLvjMt+Z0WJ7
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeQMBvZBN7cADlABI
        BHu2QYGamMElugnvTWrVbVptugihRANCAATcoQ1e/7DN/9x/agtkEpYmvbhGEsNK
        DbhCoaDfTTtYfD9xx44zkzRhWRqVS0Mu0ocCyZa5LesddwYtMcaoSrjh
        -----END PRIVATE KEY-----
        """
}
