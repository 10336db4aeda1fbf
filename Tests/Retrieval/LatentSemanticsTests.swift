import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieRetrieval

/// Texts with topics: each topic has two words for its thing that never stand in one text, and words for its company.
enum TopicWorld {
    static let topics = 6
    /// "topic 2's thing" by its first or its second name.
    static func thing(_ topic: Int, _ name: Int) -> String { TextWorld.word(1_000 + topic * 10 + name) }
    static func company(_ topic: Int, _ word: Int) -> String { TextWorld.word(2_000 + topic * 100 + word) }

    /// Item i is about topic i % topics, and calls the thing by the name (i / topics) % 2. Every ninth says nothing.
    static func texts(seed: UInt64, items: Int) -> [ItemText] {
        var random = RandomSource(seed: seed)
        return (0..<items).map { i in
            let topic = i % topics
            var words = (0..<6).map { _ in company(topic, random.below(8)) }
            // Some words of everybody's.
            words += (0..<3).map { _ in TextWorld.word(random.below(40)) }
            words.append(thing(topic, i / topics % 2))
            random.shuffle(&words)
            if i % 9 == 8 { return ItemText(fields: []) }
            return ItemText(fields: [.init(name: "text", boost: 1, text: words.joined(separator: " "))])
        }
    }

    static func withModel<T>(
        _ texts: [ItemText], dimensions: Int = 12, seed: UInt64 = 1, threads: Int = 2,
        _ body: (LatentSemantics, URL) throws -> T
    ) throws -> T {
        try TextWorld.withFile { index in
            try TextWorld.withFile { file in
                try TextIndex.build(texts, to: index)
                let text = try TextIndex(opening: index)
                var options = SemanticOptions()
                options.dimensions = dimensions
                try LatentSemantics.build(of: text, options: options, seed: seed, threads: threads, to: file)
                return try body(LatentSemantics(opening: file, text: text), file)
            }
        }
    }
}

@Suite struct LatentSemanticsTests {
    private func query(_ text: String?, _ itemCount: Int = 0) -> Query {
        Query(text: text, excluded: ItemSet(itemCount: itemCount))
    }

    /// Who asks for a thing by one name finds the texts that call it by the other, which BM25 cannot.
    @Test(arguments: UInt64(0)..<4) func findsWhatIsMeant(seed: UInt64) throws {
        let texts = TopicWorld.texts(seed: seed, items: 240)
        try TopicWorld.withModel(texts, dimensions: TopicWorld.topics) { model, _ in
            let retriever = try SemanticRetriever(model)
            for topic in 0..<TopicWorld.topics {
                let asked = query(TopicWorld.thing(topic, 0))
                let found = retriever.candidates(for: asked, limit: 30, deadline: .none).map { Int($0.item) }
                #expect(found.count == 30)
                let right = found.count { $0 % TopicWorld.topics == topic }
                let otherName = found.count {
                    $0 % TopicWorld.topics == topic && $0 / TopicWorld.topics % 2 == 1
                }
                // By chance 5 and 2.
                #expect(right >= 24 && otherName >= 8, "topic \(topic): \(right), \(otherName)")
                let lexical = TextRetriever(model.text, options: TextWorld.plain)
                    .candidates(for: asked, limit: 240, deadline: .none)
                #expect(lexical.allSatisfy { Int($0.item) / TopicWorld.topics % 2 == 0 })
            }
        }
    }

    /// Without a text it is about the item asked about, or else about what was liked last; of a history the newest counts most.
    @Test func followsHistoriesAndItems() throws {
        let topics = TopicWorld.topics
        try TopicWorld.withModel(TopicWorld.texts(seed: 3, items: 240), dimensions: topics) { model, _ in
            let retriever = try SemanticRetriever(model)
            func right(_ topic: Int, _ query: Query) -> Int {
                let found = retriever.candidates(for: query, limit: 30, deadline: .none)
                return found.count { Int($0.item) % topics == topic }
            }
            func liked(_ items: [Int]) -> Query {
                let history = items.map { Interest(item: ItemIndex($0), time: Timestamp(milliseconds: 0)) }
                return Query(history: history, excluded: ItemSet(itemCount: 240))
            }
            var similar = liked([])
            similar.seed = 14  // about topic 2
            #expect(right(2, similar) >= 24)
            #expect(right(3, liked([3, 9, 15])) >= 24)
            let newest = liked([1, 7, 13] + Array(repeating: 4, count: 3))
            #expect(right(1, newest) > right(4, newest))
            // Items of which nothing is said, and unknown ones, say nothing.
            for items in [[], [8], [240, 1_000_000]] {
                #expect(retriever.candidates(for: liked(items), limit: 30, deadline: .none).isEmpty)
                #expect(retriever.scores(of: [0, 1], for: liked(items)).allSatisfy { $0.isNaN })
            }
        }
    }

    /// What the file says against a full decomposition by Jacobi's rotations in doubles.
    @Test(arguments: UInt64(0)..<3) func agreesWithAFullDecomposition(seed: UInt64) throws {
        let texts = TextWorld.texts(seed: seed, items: 60, vocabulary: 40)
        let d = 10
        try TopicWorld.withModel(texts, dimensions: d, seed: seed) { model, _ in
            let (n, v) = (model.text.itemCount, model.text.termCount)
            var a = [Double](repeating: 0, count: n * v)
            for term in 0..<v {
                let df = Double(model.text.frequency(term))
                let idf = log(1 + (Double(n) - df + 0.5) / (df + 0.5))
                for i in Int(model.text.postings[term])..<Int(model.text.postings[term + 1]) {
                    a[Int(model.text.items[i]) * v + term] = Double(model.text.impacts[i]) / 65535 * idf
                }
            }
            for i in 0..<n {
                let length = (0..<v).reduce(0) { $0 + a[i * v + $1] * a[i * v + $1] }.squareRoot()
                for t in 0..<v where length > 0 { a[i * v + t] /= length }
            }
            var gram = [Double](repeating: 0, count: v * v)
            for s in 0..<v {
                for t in 0..<v { gram[s * v + t] = (0..<n).reduce(0) { $0 + a[$1 * v + s] * a[$1 * v + t] } }
            }
            let (values, columns) = PrincipalAxes.jacobi(gram, v)
            let order = (0..<v).sorted { values[$0] > values[$1] }.prefix(d)
            // A gap behind the last direction, or it is not one that can be found.
            let gap = values.sorted(by: >)
            guard gap[d - 1] > gap[d] * 1.02 else { return }
            let exact = (0..<n).map { i in
                order.map { column in (0..<v).reduce(0) { $0 + a[i * v + $1] * columns[$1 * v + column] } }
            }
            func cosine(_ x: [Double], _ y: [Double]) -> Double {
                let dot = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
                let lengths = zip(x, x).reduce(0) { $0 + $1.0 * $1.1 } * zip(y, y).reduce(0) { $0 + $1.0 * $1.1 }
                return dot / lengths.squareRoot()
            }
            let index = CodedIndex(model.items)
            let rows = model.items.decoded(threads: 1)
            for i in 0..<n where index.present.contains(ItemIndex(i)) {
                let own = Array(rows[i * model.dimension..<(i + 1) * model.dimension])
                let scores = index.scores(of: (0..<n).map { ItemIndex($0) }, own)
                for j in 0..<n where index.present.contains(ItemIndex(j)) {
                    #expect(abs(Double(scores[j]) - cosine(exact[i], exact[j])) < 0.03, "\(i), \(j)")
                }
            }
        }
    }

    @Test func threadsLeaveNoTrace() throws {
        let texts = TopicWorld.texts(seed: 5, items: 700)
        let one = try TopicWorld.withModel(texts, threads: 1) { try Data(contentsOf: $1) }
        for threads in [2, 5] {
            #expect(try TopicWorld.withModel(texts, threads: threads) { try Data(contentsOf: $1) } == one)
        }
        #expect(try TopicWorld.withModel(texts, seed: 2) { try Data(contentsOf: $1) } != one)
    }

    /// There are no more directions than texts that differ; and none where there is no text.
    @Test func rank() throws {
        func text(_ words: String) -> ItemText { ItemText(fields: [.init(name: "t", boost: 1, text: words)]) }
        let twice = [text("red fox"), text("blue whale"), text("red fox"), text("blue whale"), text("red fox")]
        try TopicWorld.withModel(twice) { model, _ in
            #expect(model.dimension == 2)
            let retriever = try SemanticRetriever(model)
            let found = retriever.candidates(for: query("red"), limit: 9, deadline: .none)
            #expect(found.prefix(3).map(\.item) == [0, 2, 4])
            #expect(found.prefix(3).allSatisfy { $0.score > 0.999 && $0.score < 1.001 })
            #expect(found.dropFirst(3).allSatisfy { abs($0.score) < 0.01 })
        }
        for texts in [[], [ItemText(fields: [])], [text("alone")]] {
            try TopicWorld.withModel(texts) { model, _ in
                let retriever = try SemanticRetriever(model)
                let found = retriever.candidates(for: query("alone"), limit: 5, deadline: .none)
                #expect(found.map(\.item) == (texts == [text("alone")] ? [0] : []))
                #expect(retriever.scores(of: [0, 7], for: query("alone")).last?.isNaN == true)
            }
        }
    }

    /// A word that is misspelt or half typed leads where the word leads.
    @Test func readsAsTheIndexReads() throws {
        try TopicWorld.withModel(TopicWorld.texts(seed: 3, items: 200)) { model, _ in
            let word = TopicWorld.thing(2, 0)
            let whole = try #require(model.vector(of: word + " "))
            var misspelt = word
            misspelt.insert("x", at: misspelt.index(after: misspelt.startIndex))
            let slipped = try #require(model.vector(of: misspelt + " "))
            #expect(VectorKernels.dot(whole, slipped) > 0.99)
            #expect(model.vector(of: "zzzzzzzzzzzz ") == nil && model.vector(of: "") == nil)
            var options = TextSearchOptions()
            options.typos = false
            #expect(model.vector(of: misspelt + " ", options: options) == nil)
        }
    }

    /// An item that is not in the model yet stands where the model would have put it.
    @Test func placesNewItems() throws {
        let texts = TopicWorld.texts(seed: 4, items: 220)
        try TopicWorld.withModel(texts) { model, _ in
            let index = CodedIndex(model.items)
            for (i, text) in texts.enumerated() {
                let vector = model.vector(of: text)
                #expect((vector == nil) == !index.present.contains(ItemIndex(i)))
                guard let vector else { continue }
                #expect(index.scores(of: [ItemIndex(i)], vector)[0] > 0.995)
            }
            #expect(model.vector(of: ItemText(fields: [.init(name: "t", boost: 1, text: "unheard")])) == nil)
        }
    }

    /// Every retriever's promises: see ``RetrieverContractTests``.
    @Test(arguments: [false, true]) func keepsTheContract(isPartitioned: Bool) throws {
        let texts = TextWorld.texts(seed: 6, items: 50, vocabulary: 60)
        try TopicWorld.withModel(texts, dimensions: 8) { model, _ in
            try TextWorld.withFile { file in
                var index: PartitionedIndex?
                if isPartitioned {
                    _ = try PartitionedIndex.build(
                        model.vectors(threads: 1), present: model.present, metric: .innerProduct, seed: 1, threads: 1,
                        to: file)
                    index = try PartitionedIndex(opening: file)
                }
                let retriever = try SemanticRetriever(model, index: index)
                #expect(
                    (retriever.state.recall != nil) == isPartitioned && retriever.state.vectors == model.present.count)
                var (proposed, missed) = (0, 0)
                var random = RandomSource(seed: 7)
                for _ in 0..<60 {
                    var asked = query(TextWorld.query(&random, 60), 50)
                    for _ in 0..<random.below(20) { asked.excluded.insert(ItemIndex(random.below(50))) }
                    let (all, missing) = RetrieverContractTests().check(retriever, asked, limit: random.below(40))
                    proposed += all
                    missed += missing
                }
                #expect(proposed > 500 && missed <= (isPartitioned ? proposed / 50 : 0))
                #expect(retriever.candidates(for: query(nil), limit: 5, deadline: .none).isEmpty)
            }
        }
    }

    @Test func liveItemsAreFound() throws {
        let texts = TopicWorld.texts(seed: 8, items: 120)
        try TopicWorld.withModel(texts) { model, _ in
            let retriever = try SemanticRetriever(model).searchingLive()
            let live = try #require(retriever.live)
            let asked = query(TopicWorld.thing(1, 1), 120)
            // Item 0 is about topic 0; now it is about topic 1. A new one has the row 120.
            let about = ItemText(fields: [.init(name: "t", boost: 1, text: TopicWorld.thing(1, 1))])
            let vector = try #require(model.vector(of: about))
            try live.upsert(0, vector)
            try live.upsert(120, vector)
            let found = retriever.candidates(for: asked, limit: 10, deadline: .none)
            #expect(found.first?.item == 0 && found.allSatisfy { $0.item < 120 })
            #expect(retriever.scores(of: [0], for: asked)[0] > 0.99)
            #expect(live.added(vector, k: 5).map(\.item) == [120])
        }
    }

    @Test func codedRowsAreNear() throws {
        var random = RandomSource(seed: 9)
        let (n, d) = (40, 24)
        let values = (0..<n * d).map { _ in random.uniform() - 0.5 }
        try TextWorld.withFile { url in
            let builder = CodedRowsBuilder("rows", count: n + 1, dimension: d)
            values.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                for row in 0..<n { builder.set(row, base + row * d, isUnit: row % 2 == 0) }
            }
            var writer = TensorFileWriter(kind: "test", layout: 1)
            builder.add(to: &writer)
            try writer.write(to: url)
            let rows = try CodedRows("rows", of: TensorFile(url, kind: "test", layouts: 1...1), count: n + 1)
            let decoded = rows.decoded(threads: 2)
            for row in 0..<n {
                let given = Array(values[row * d..<(row + 1) * d])
                let got = Array(decoded[row * d..<(row + 1) * d])
                let length = VectorKernels.dot(given, given).squareRoot()
                let scale: Float = row % 2 == 0 ? length : 1
                for j in 0..<d { #expect(abs(got[j] * scale - given[j]) < 0.003) }
                if row % 2 == 0 { #expect(abs(VectorKernels.dot(got, got) - 1) < 1e-5) }
            }
            #expect(rows.isPresent(0) && !rows.isPresent(n))
            // More rows than a block has.
            let index = CodedIndex(rows)
            #expect(
                index.search(Array(repeating: 0, count: d), k: 100, excluding: ItemSet(itemCount: 0), deadline: .none)
                    .count == n)
        }
    }
}
