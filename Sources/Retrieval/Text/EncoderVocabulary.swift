import Foundation

/// The features that the items' texts have: which hash buckets get a row, and how much each one says.
struct EncoderVocabulary {
    /// Row by bucket, ``QueryEncoder/noRow`` where no item has the feature. Rows ascend with buckets.
    private(set) var rowOfBucket: [UInt32]
    /// Square root of the idf of each row, 0...1: the root, because training finds the rest.
    private(set) var weights: [Float]
    /// Rows of item i, ascending, each once: itemRows[itemStarts[i] ..< itemStarts[i + 1]].
    private(set) var itemRows: [UInt32] = []
    private(set) var itemStarts: [Int] = [0]

    var rowCount: Int { weights.count }

    init(texts: [EncoderText], titles: [TitleParts], buckets: Int) {
        var features = TextFeatures(buckets: buckets)
        var documentFrequency = [UInt32](repeating: 0, count: buckets)
        var found: [UInt32] = []
        for (text, title) in zip(texts, titles) {
            found.removeAll(keepingCapacity: true)
            features.collect(text, title, into: &found)
            for query in text.queries { features.collect(query, limit: QueryEncoder.maxFeatures, into: &found) }
            found.sort()
            var last: UInt32?
            for bucket in found where bucket != last {
                itemRows.append(bucket)
                documentFrequency[Int(bucket)] += 1
                last = bucket
            }
            itemStarts.append(itemRows.count)
        }
        rowOfBucket = [UInt32](repeating: QueryEncoder.noRow, count: buckets)
        weights = []
        let most = log(1 + Double(texts.count))
        for bucket in 0..<buckets where documentFrequency[bucket] > 0 {
            rowOfBucket[bucket] = UInt32(weights.count)
            let idf = log(1 + Double(texts.count) / Double(documentFrequency[bucket]))
            weights.append(Float((idf / most).squareRoot()))
        }
        for i in itemRows.indices { itemRows[i] = rowOfBucket[Int(itemRows[i])] }
    }
}

extension TextFeatures {
    /// All that an item's text says of it.
    mutating func collect(
        _ text: EncoderText, _ title: TitleParts, limit: Int = .max, into buckets: inout [UInt32]
    ) {
        collect(title.main, limit: limit, into: &buckets)
        for alternative in title.alternatives { collect(alternative, limit: limit, into: &buckets) }
        if let year = title.year { collect(year, limit: limit, into: &buckets) }
        for keyword in text.keywords { collect(keyword, limit: limit, into: &buckets) }
        collect(text.other, detail: .words, limit: limit, into: &buckets)
    }
}
