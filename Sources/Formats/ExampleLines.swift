/// Rows of a learning-to-rank data set as text.
///
/// - `svm`: LibSVM with query ids, as XGBoost, LightGBM, RankLib and SVMrank read it: `1 qid:7 1:0.5 3:2 # item`, features
///   counted from 1, those that are not known left out.
/// - `csv`: with a header: group, item, label, then a column for each feature; empty = not known.
public enum ExampleLines {
    public enum Format: String, Sendable, CaseIterable { case svm, csv }

    /// nil where the format has no header.
    public static func header(_ format: Format, features: [String]) -> String? {
        guard format == .csv else { return nil }
        return (["group", "item", "label"] + features).map(cell).joined(separator: ",")
    }

    /// One row without its line end.
    /// - Parameters:
    ///   - group: the same for the candidates of a request.
    ///   - values: NaN = not known.
    public static func row(
        _ format: Format, group: Int, item: String, label: Float, values: some Sequence<Float>
    ) -> String {
        switch format {
        case .svm:
            var line = "\(number(label)) qid:\(group)"
            for (f, value) in values.enumerated() where !value.isNaN { line += " \(f + 1):\(number(value))" }
            // What stands after # ends with the line, and so must the id.
            return line + " # " + item.filter { !$0.isNewline }
        case .csv:
            var line = "\(group),\(cell(item)),\(number(label))"
            for value in values { line += value.isNaN ? "," : ",\(number(value))" }
            return line
        }
    }

    /// The shortest digits that read back as the same Float.
    private static func number(_ value: Float) -> String {
        if value == value.rounded(), abs(value) < 1e7 { return "\(Int(value))" }
        return "\(value)"
    }

    private static func cell(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
