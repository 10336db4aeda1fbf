import Foundation
import MagpieArtifacts
import MagpieDomain

/// Opens a ranker's file, whichever model is in it.
public enum Rankers {
    public static func open(_ url: URL) throws -> any Ranker {
        let kind = try TensorFile(inspecting: url).kind
        return kind == Forest.kind ? try Forest(opening: url) : try LinearRanker(opening: url)
    }
}
