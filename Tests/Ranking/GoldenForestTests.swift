import Foundation
import MagpieArtifacts
import MagpieDomain
import Testing

@testable import MagpieRanking

/// A forest of every layout that is read, byte for byte as it was once written, and what it scores.
@Suite struct GoldenForestTests {
    static let rows: [[Float]] = [
        [0, 0, 0, 0], [1, -1, .nan, 2], [-2, 0.25, 1.75, -0.5], [.nan, .nan, .nan, .nan], [1.5, 1.5, -1.75, 0],
    ]

    static func matrix(_ forest: Forest) -> FeatureMatrix {
        var matrix = FeatureMatrix(names: forest.featureNames, rowCount: rows.count)
        for (place, value) in rows.joined().enumerated() { matrix.values[place] = value }
        return matrix
    }

    @Test(arguments: [1, 2]) func golden(layout: Int) throws {
        let stored = try #require(
            Bundle.module.url(forResource: "forest-\(layout)", withExtension: "safetensors", subdirectory: "Golden"))
        let told = try #require(
            Bundle.module.url(forResource: "forest-\(layout)", withExtension: "json", subdirectory: "Golden"))
        let forest = try Forest(opening: stored)
        #expect((forest.start == nil) == (layout == 1) && forest.zeroIsMissing == [false, true, false, false])
        #expect(forest.calibration != nil && forest.sigmoid == 0.5)
        let scores = try JSONDecoder().decode([Float].self, from: Data(contentsOf: told))
        #expect(forest.scores(of: Self.matrix(forest)) == scores && Set(scores).count == 5)
        guard layout == Forest.layout else { return }
        let again = FileManager.default.temporaryDirectory.appendingPathComponent("magpie-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: again) }
        try forest.write(to: again)
        #expect(try Data(contentsOf: again) == Data(contentsOf: stored))
    }
}
