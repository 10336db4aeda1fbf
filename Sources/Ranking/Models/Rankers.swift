import Foundation
import MagpieArtifacts
import MagpieDomain

/// Opens a ranker's file, whichever model is in it.
public enum Rankers {
    public static func open(_ url: URL) throws -> any Ranker {
        switch try TensorFile(inspecting: url).kind {
        case Forest.kind: try Forest(opening: url)
        case ObjectiveRanker.kind: try ObjectiveRanker(opening: url)
        default: try LinearRanker(opening: url)
        }
    }
}
