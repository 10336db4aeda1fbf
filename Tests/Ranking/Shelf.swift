import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieTestSupport

@testable import MagpieRanking

/// A handful of items with every awkwardness, and stand-ins for what Retrieval hands over.
struct Shelf {
    /// Ascending by id, so item i is `entries[i]`.
    static let entries: [Entry<Item>] = [
        Entry(
            id: "a",
            attributes: ["title": .text("Red Dragon"), "genres": .keywords(["x", "y"]), "year": .number(1990)]),
        Entry(id: "b", attributes: ["title": .text("Dragon"), "genres": .keywords(["x"]), "year": .number(2000)]),
        Entry(
            id: "c", attributes: ["title": .text("Élan 7"), "genres": .keywords(["y", "z"]), "year": .number(2010)]),
        Entry(id: "d", attributes: ["genres": .keywords(["z"])]),
        // Nothing is known of this one, and the numbers of the next are no numbers to learn from.
        Entry(id: "e"),
        Entry(id: "f", attributes: ["title": .text("?!"), "year": .number(.infinity), "price": .number(1e300)]),
        Entry(id: "g", attributes: ["title": .text("h"), "year": .number(-1e300)]),
    ]
    static let schema: [String: AttributeType] = [
        "title": .text(language: "en"), "genres": .keywords, "year": .number, "price": .number, "hidden": .bool,
    ]

    let folder: TemporaryFolder
    let table: ItemTable

    init() throws {
        folder = try TemporaryFolder()
        try ItemTable.write(Self.entries, schema: Self.schema, to: folder.file("items.safetensors"))
        table = try ItemTable(folder.file("items.safetensors"))
    }

    var catalogue: FeatureCatalogue {
        FeatureCatalogue(
            retrievers: ["embedding", "text"], similarities: ["embedding", "neighbours"], items: table,
            popularity: Shares([]))
    }

    func context(
        items: [ItemIndex], history: [ItemIndex] = [], text: String? = nil,
        opinions: [FeatureContext.Opinion] = [], proposals: [[Scored]] = [], states: [ItemState?]? = nil,
        user: UserState? = nil, seed: ItemIndex? = nil, totals: FeatureStore.Totals = .init(),
        similarities: [any ItemSimilarity] = [],
        popularity: any Popularity = Shares([]), now: Timestamp = Timestamp(milliseconds: 0)
    ) -> FeatureContext {
        FeatureContext(
            items: items,
            query: Query(
                history: history.map { Interest(item: $0, time: now) }, text: text, seed: seed,
                excluded: ItemSet(itemCount: table.count)),
            opinions: opinions, proposals: proposals,
            moments: (states ?? items.map { _ in nil }).map { $0?.moment(at: now) }, userState: user, totals: totals,
            table: table, similarities: similarities, popularity: popularity, now: now)
    }

    /// A touch of the item in row `item`.
    func touch(
        _ item: ItemIndex, at time: Int64, isPositive: Bool = true, purchase: Purchase = .none
    ) -> UserState.Touch {
        .init(
            time: time, eventHash: UInt64(bitPattern: time), item: table.key(of: item), isPositive: isPositive,
            purchase: purchase)
    }

    func user(_ touches: [UserState.Touch]) -> UserState {
        var state = UserState()
        for touch in touches { state.fold(touch, seq: 1) }
        return state
    }
}

struct Shares: Popularity {
    var shares: [Float]
    init(_ shares: [Float]) { self.shares = shares }
    func share(of item: ItemIndex) -> Float { Int(item) < shares.count ? shares[Int(item)] : .nan }
}

/// A table of similarities; NaN where it says nothing.
struct Likeness: ItemSimilarity {
    var name: String
    var values: [[Float]]

    func similarities(of items: [ItemIndex], to other: ItemIndex) -> [Float] {
        items.map { Int(other) < values.count && Int($0) < values.count ? values[Int(other)][Int($0)] : .nan }
    }
}

/// Whether nothing is known.
func unknown(_ values: [Float]) -> Bool { values.allSatisfy { $0.isNaN } }

/// NaN equals NaN.
func same(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}

func close(_ a: [Float], _ b: [Float], tolerance: Float = 1e-5) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance || ($0.isNaN && $1.isNaN) }
}

extension ItemState {
    /// An event of nobody in particular.
    mutating func fold(time: Timestamp, isPositive: Bool, seq: Int64, sign: Int64 = 1) {
        let visit = Visit(time: time.milliseconds, eventHash: UInt64(bitPattern: seq), user: UserKey(1))
        fold(visit, isPositive: isPositive, halfLife: .week, seq: seq, sign: sign)
    }
}

/// The columns of one feature, from its matrix.
func columns(_ feature: any Feature, _ context: FeatureContext) -> [[Float]] {
    let matrix = FeatureCatalogue(features: [feature]).matrix(context)
    return feature.columns.indices.map { column in (0..<matrix.rowCount).map { matrix[$0, column] } }
}

func allUnknown(_ columns: [[Float]]) -> Bool { columns.allSatisfy { $0.allSatisfy { $0.isNaN } } }
