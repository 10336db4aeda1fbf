import Foundation
import Synchronization
import Testing

@testable import MagpieArtifacts

@Suite struct HomeTests {
    @Test func createAndOpen() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("a/home")
        #expect(throws: ArtifactError.notAHome(path: url.path, got: "no such folder")) {
            try Home.open(at: url, create: false)
        }
        let home = try Home.open(at: url, create: true)
        #expect(
            try String(contentsOf: url.appendingPathComponent("home.json"), encoding: .utf8) == "{\"version\": 1}\n")
        for part in [home.workFolder, home.bundlesFolder, home.servedFolder, home.rejectsFolder] {
            #expect(FileManager.default.fileExists(atPath: part.path))
        }
        #expect(try Home.open(at: url, create: false) == home)
        #expect(try home.bundles.all() == [])
        #expect(Home.version == HomeMigration.all.last?.version)
        #expect(HomeMigration.all.map(\.version) == Array(1...Home.version))
    }

    @Test func aFolderOfOtherThingsIsNoHome() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: folder.file("thesis.txt"))
        let error = #expect(throws: ArtifactError.self) { try Home.open(at: folder.url, create: true) }
        #expect(error?.description.contains("thesis.txt") == true)
        #expect(throws: ArtifactError.self) { try Home.open(at: folder.file("thesis.txt"), create: true) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["thesis.txt"])
    }

    @Test func interruptedCreationIsFinished() throws {
        let folder = try TemporaryFolder()
        let broken = HomeMigration(version: 1) { home in
            try FileManager.default.createDirectory(at: home.workFolder, withIntermediateDirectories: true)
            throw ArtifactError.cannotWrite(path: "disk", got: "full")
        }
        #expect(throws: ArtifactError.self) { try Home.open(at: folder.url, create: true, migrations: [broken]) }
        let home = try Home.open(at: folder.url, create: true)
        #expect(FileManager.default.fileExists(atPath: home.rejectsFolder.path))
    }

    @Test func migrationsRunInOrderAndOnce() throws {
        let folder = try TemporaryFolder()
        let ran = Mutex<[Int]>([])
        func steps(_ versions: ClosedRange<Int>) -> [HomeMigration] {
            versions.map { version in HomeMigration(version: version) { _ in ran.withLock { $0.append(version) } } }
        }
        _ = try Home.open(at: folder.url, create: true, migrations: steps(1...1))
        _ = try Home.open(at: folder.url, create: false, migrations: steps(1...3))
        _ = try Home.open(at: folder.url, create: false, migrations: steps(1...3))
        #expect(ran.withLock { $0 } == [1, 2, 3])
        let error = #expect(throws: ArtifactError.self) {
            try Home.open(at: folder.url, create: false, migrations: steps(1...2))
        }
        #expect(error == .newerFormat(path: folder.url.standardizedFileURL.path, what: "home", got: 3, expected: 2))
        #expect(ran.withLock { $0 } == [1, 2, 3])
    }

    @Test(arguments: ["", "{}", "{\"version\": 0}", "{\"version\": \"1\"}", "\u{0}"])
    func damagedMarker(text: String) throws {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: folder.file("home.json"))
        #expect(throws: ArtifactError.self) { try Home.open(at: folder.url, create: true) }
    }

    @Test func oneWriter() throws {
        let folder = try TemporaryFolder()
        let home = try Home.open(at: folder.url, create: true)
        let lock = try home.lock()
        let error = #expect(throws: ArtifactError.self) { try home.lock() }
        let path = home.url.appendingPathComponent("lock").path
        #expect(error == .locked(path: path, holder: "process \(ProcessInfo.processInfo.processIdentifier)"))
        #expect(error?.description.contains("\n") == false)
        // Readers need no lock.
        #expect(try Home.open(at: folder.url, create: false) == home)
        lock.release()
        do { _ = try home.lock() }
        _ = try home.lock()
    }
}
