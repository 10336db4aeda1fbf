public enum BoostingError: Error, Equatable, CustomStringConvertible {
    case libraryMissing(got: String)
    case symbolMissing(name: String, library: String)
    case failed(call: String, got: String)

    public var description: String {
        switch self {
        case .libraryMissing(let got):
            "XGBoost's library cannot be opened (\(got)): boosted trees are trained by it: install it "
                + "(Debian: apt-get install libxgboost0), or set ranker.kind to \"linear\" in magpie.json"
        case .symbolMissing(let name, let library):
            "\(library) is no XGBoost of version 1.7 or newer (it lacks \(name)): install another "
                + "(Debian: apt-get install libxgboost0), or set ranker.kind to \"linear\" in magpie.json"
        case .failed(let call, let got): "XGBoost refused \(call): \(got)"
        }
    }
}
