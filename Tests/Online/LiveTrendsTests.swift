import Foundation
import MagpieArtifacts
import MagpieDomain
import MagpieKernels
import MagpieRanking
import MagpieTestSupport
import Testing

@testable import MagpieOnline

/// What live events change in the answers of a bundle that stands still.
@Suite struct LiveTrendsTests {
    let bundled: BundledWorld
    let recommender: Recommender
    var world: PlantedWorld { bundled.world }
    var state: FeatureStore { recommender.state }

    init() throws {
        bundled = try BundledWorld.shared.get()
        recommender = try bundled.recommender()
    }

    private func like(_ item: ItemID, by user: String, minutes: Int = 0, seq: Int64) -> Event {
        var event = Event(
            kind: "rating", userId: UserID(user), itemId: item, value: 5,
            time: Timestamp(milliseconds: world.now.milliseconds - 3_600_000 + Int64(minutes) * 60_000), source: "live")
        event.eventId = "live-\(user)-\(item)-\(minutes)"
        event.seq = seq
        return event
    }

    private func ask(_ only: String?, user: UserID? = nil, now: Timestamp? = nil, _ recommender: Recommender? = nil)
        throws
        -> [Found]
    {
        let request = Request(
            id: BundledWorld.id, scenario: "home", user: user?.key, count: 10, onlyRetriever: only)
        return try (recommender ?? self.recommender).answer(request, now: now ?? world.now).entries.map { entry in
            Found(id: entry.id, score: entry.proposals.first { $0.retriever == only }?.score ?? entry.score)
        }
    }

    /// An item and the retriever's own score of it.
    private struct Found: Equatable {
        var id: ItemID
        var score: Float
    }

    @Test func whatIsLikedNowIsTrendingAtOnce() throws {
        let film = world.film(genre: 2, number: 17)
        #expect(try ask("trending").first?.id != film.id)
        for n in 0..<100 { state.apply(like(film.id, by: "new-\(n)", minutes: n % 50, seq: 10_000 + Int64(n))) }
        let first = try #require(try ask("trending").first)
        #expect(first.id == film.id && first.score > 90 && first.score <= 101)
        // A half-life later it is half as hot; before it happened it was not.
        let later = Timestamp(milliseconds: world.now.milliseconds + 7 * 86_400_000)
        #expect(abs((try ask("trending", now: later).first?.score ?? 0) / first.score - 0.5) < 0.01)
        let before = Timestamp(milliseconds: world.now.milliseconds - 30 * 86_400_000)
        #expect(try ask("trending", now: before).first?.id != film.id)
        // And it is a candidate of the whole for everybody who has not seen it.
        #expect(
            try recommender.candidates(
                for: Request(id: BundledWorld.id, scenario: "home", user: world.users[0].key), now: world.now
            ).items.contains { recommender.snapshot.items.id(of: $0) == film.id })
    }

    /// Of two, the one of the user's own genre comes first, though more people like the other.
    @Test func theOwnCategoriesCountMore() throws {
        let own = world.film(genre: 0, number: 18)
        let other = world.film(genre: 1, number: 18)
        for n in 0..<80 {
            if n < 60 { state.apply(like(own.id, by: "a-\(n)", seq: 10_000 + 2 * Int64(n))) }
            state.apply(like(other.id, by: "b-\(n)", seq: 10_001 + 2 * Int64(n)))
        }
        #expect(try ask("trending").prefix(2).map(\.id) == [other.id, own.id])
        let user = (0..<60).first { $0 % 3 == 0 && world.unseen(byUser: $0).contains(own.id) } ?? 0
        #expect(try ask("trending", user: world.users[user]).first?.id == own.id)
    }

    /// What is learned from events counts, where no ranker is, as far as the bundle knew what is liked by now.
    @Test func whatTheBundleHadSeenCounts() throws {
        let request = Request(id: BundledWorld.id, scenario: "home", user: world.users[0].key, useRanker: false)
        func fused(_ share: Float) throws -> (is: [Float], expected: [Float]) {
            let stage = try recommender.candidates(for: request, now: world.now)
            let proposals = stage.funnel.retrieved
            let live = ["trending", "covisits", "semantic"]
            #expect(Set(proposals.map(\.retriever)).isSuperset(of: live + ["popular", "ease"]))
            let weights = proposals.map { live.contains($0.retriever) ? 1 : share }
            return (
                stage.fused,
                ReciprocalRankFusion.scores(of: stage.items, lists: proposals.map(\.candidates), weights: weights)
            )
        }
        let upToDate = try fused(1)
        #expect(state.knownShare == 1 && upToDate.is == upToDate.expected)
        let film = world.film(genre: 1, number: 19)
        var shares: [Float] = []
        for n in 0..<9 * state.totals.positives {
            state.apply(like(film.id, by: "many-\(n)", minutes: Int(n % 50), seq: 10_000 + n))
            if n % 100 == 0 { shares.append(state.knownShare) }
        }
        #expect(shares == shares.sorted(by: >) && abs(state.knownShare - 0.1) < 1e-6)
        let outgrown = try fused(state.knownShare)
        #expect(outgrown.is == outgrown.expected)
        #expect(try fused(1).expected != outgrown.is)
    }

    @Test func visitorsOfTheSameTellWhatGoesWithIt() throws {
        let liked = world.film(genre: 0, number: 0)
        let next = world.film(genre: 2, number: 19)
        state.apply(like(liked.id, by: "asks", minutes: 30, seq: 10_000))
        #expect(try !ask("covisits", user: "asks").contains { $0.id == next.id && $0.score > 2 })
        for n in 0..<10 {
            state.apply(like(liked.id, by: "c-\(n)", minutes: n, seq: 10_010 + 2 * Int64(n)))
            state.apply(like(next.id, by: "c-\(n)", minutes: n + 1, seq: 10_011 + 2 * Int64(n)))
        }
        let first = try #require(try ask("covisits", user: "asks").first)
        #expect(first.id == next.id && first.score > 9)
        // Who is erased takes along what they showed.
        for n in 0..<10 {
            let user = UserID("c-\(n)")
            state.subtract(like(liked.id, by: "c-\(n)", minutes: n, seq: 0))
            state.subtract(like(next.id, by: "c-\(n)", minutes: n + 1, seq: 0))
            state.forget(user.key)
        }
        #expect(try !ask("covisits", user: "asks").contains { $0.id == next.id && $0.score > 2 })
    }

    /// Lists that were kept up event by event are those that are made at once, also after an erasure.
    @Test(arguments: UInt64(0)..<6) func keptUpOrMadeAnew(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        var applied: [Event] = []
        for n in 0..<400 {
            // Some events come late: from days ago.
            let film = world.films[min(random.below(60), random.below(60))]
            let event = like(
                film.id, by: "r-\(random.below(40))", minutes: -random.below(20_000), seq: 10_000 + Int64(n))
            state.apply(event)
            applied.append(event)
            if random.below(10) == 0 { _ = try ask("trending", user: world.users[random.below(60)]) }
        }
        for event in applied where event.userId == "r-3" { state.subtract(event) }
        state.forget(UserID("r-3").key)
        if seed % 2 == 0 { _ = try ask("trending") }
        let anew = Recommender(snapshot: recommender.snapshot, state: state)
        // And what a checkpoint of it says.
        let folder = try TemporaryFolder()
        try Checkpoint.write(state, to: folder.file("state"))
        let reopened = Recommender(
            snapshot: recommender.snapshot,
            state: FeatureStore(rules: bundled.rules, checkpoint: try Checkpoint(opening: folder.file("state"))))
        for user in [nil, world.users[0], world.users[1], "r-5"] as [UserID?] {
            for only in ["trending", "covisits", nil] {
                let kept = try ask(only, user: user)
                for other in [anew, reopened] {
                    let made = try ask(only, user: user, other)
                    #expect(made == kept, "\(only ?? "all")")
                }
            }
        }
    }
}
