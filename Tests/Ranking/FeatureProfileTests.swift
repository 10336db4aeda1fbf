import Foundation
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRanking

@Suite struct FeatureProfileTests {
    private func matrix(_ rows: Int, _ value: (Int, Int) -> Float) -> FeatureMatrix {
        var matrix = FeatureMatrix(names: ["a", "b"], rowCount: rows)
        for row in 0..<rows { for f in 0..<2 { matrix[row, f] = value(row, f) } }
        return matrix
    }

    @Test func theSameRowsAreStable() {
        let rows = matrix(500) { row, f in f == 0 ? Float(row * 37 % 500) : row % 5 == 0 ? .nan : Float(row % 3) }
        let profile = FeatureProfile(rows)
        #expect(profile.columns[0].edges.count == 9 && profile.columns[0].counts.allSatisfy { $0 <= 60 })
        #expect(profile.columns[1].edges == [0, 1] && profile.columns[1].counts.last == 100)
        #expect(profile.stability(of: rows).allSatisfy { $0.index == 0 })
    }

    /// By hand: 100 rows of which 50 were 0 and 50 were 1; now 20 and 80: .3 ln(.8/.5) - .3 ln(.2/.5).
    @Test func whatMovedIsSeen() {
        let then = matrix(100) { row, f in f == 0 ? Float(row % 2) : 7 }
        let now = matrix(100) { row, f in f == 0 ? (row % 5 == 0 ? 0 : 1) : 7 }
        let moved = FeatureProfile(then).stability(of: now)
        let expected = 0.3 * log(0.8 / 0.5) - 0.3 * log(0.2 / 0.5)
        #expect(abs(moved[0].index - expected) < 1e-12)
        #expect(moved[1].index == 0)
        let gone = FeatureProfile(then).stability(of: matrix(100) { _, _ in .nan })
        #expect(gone.allSatisfy { $0.index > 0.25 && $0.index.isFinite })
    }

    @Test func infinitiesAndNothing() throws {
        let odd = matrix(9) { row, _ in [.infinity, -.infinity, .nan, 1, 2, 3, 4, 5, 6][row] }
        let profile = FeatureProfile(odd)
        #expect(profile.stability(of: odd).allSatisfy { $0.index == 0 })
        #expect(profile.stability(of: matrix(0) { _, _ in 0 }).allSatisfy { $0.index == 0 })
        #expect(FeatureProfile(matrix(0) { _, _ in 0 }).stability(of: odd).allSatisfy { $0.index == 0 })
        let copy = try JSONDecoder().decode(
            FeatureProfile.self, from: JSONEncoder().encode(FeatureProfile(matrix(9) { r, _ in Float(r) })))
        #expect(copy == FeatureProfile(matrix(9) { r, _ in Float(r) }))
    }
}
