/// What keeps a measurement from being made; one line that names the place and the remedy.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
