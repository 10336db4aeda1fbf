/// Why a server cannot start or go on. (What a request gets wrong is ``APIError``.)
public enum ServingError: Error, Equatable, CustomStringConvertible {
    case portInUse(host: String, port: Int)
    case cannotListen(host: String, port: Int, reason: String)
    case noBundle(folder: String)
    case cannotOpenBundle(id: String, reason: String)
    case cannotWriteServed(path: String, reason: String)
    case badKeys(path: String, reason: String)
    case badCertificate(path: String, reason: String)

    public var description: String {
        switch self {
        case .portInUse(let host, let port):
            "port \(port) of \(host) is in use: stop what listens there, or choose another with --port"
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host):\(port): \(reason): choose another address with --host and --port"
        case .noBundle(let folder):
            "\(folder): no bundle is published yet: run magpie train"
        case .cannotOpenBundle(let id, let reason):
            "bundle \(id) cannot be served: \(reason)"
        case .badKeys(let path, let reason):
            "\(path): \(reason): mend it, or remove it and make new keys with magpie keys add"
        case .badCertificate(let path, let reason):
            "\(path): \(reason): expected PEM, the certificate before those that vouch for it, and its own key"
        case .cannotWriteServed(let path, let reason):
            "\(path): cannot write served lists: \(reason): check the disk's free space and the folder's permissions"
        }
    }
}
