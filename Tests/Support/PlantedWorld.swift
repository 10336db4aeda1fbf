import Foundation
import MagpieDomain
import MagpieKernels
import MagpieSQLiteStore

/// A tiny catalogue with an answer that is known: three genres of twenty films, users who like one genre each.
///
/// Every user likes `likes` films of their genre (the lower a film's number, the more often: a little popularity)
/// and disliked one film of another. Whoever recommends well names the films of the genre that are left.
/// A pure function of its seed.
public struct PlantedWorld: Sendable {
    public struct Film: Sendable, Hashable {
        public var id: ItemID
        /// "Red Dragon 07 (1986)"
        public var title: String
        public var genre: Int
        public var number: Int
        public var year: Int
    }

    public static let genres = ["Fantasy", "Crime", "Space"]
    public static let filmsPerGenre = 20
    public static let start = Timestamp(milliseconds: 1_500_000_000_000)
    public static let minute: Int64 = 60_000
    /// A user's next film comes a day later.
    public static let day: Int64 = 86_400_000

    private static let adjectives = [
        "Red", "Blue", "Silver", "Golden", "Hidden", "Broken", "Silent", "Burning", "Frozen", "Crooked", "Hollow",
        "Velvet", "Rusty", "Little", "Ancient", "Distant", "Wandering", "Sleeping", "Scarlet", "Electric",
    ]
    private static let nouns = [
        ["Dragon", "Wizard", "Castle", "Griffin"], ["Detective", "Robbery", "Witness", "Verdict"],
        ["Rocket", "Galaxy", "Asteroid", "Nebula"],
    ]

    public let films: [Film]
    public let users: [UserID]
    /// Films liked, by user number, oldest first.
    public let liked: [[Film]]
    /// In log order, which is time order; `seq` counts from 1, as a log would number them.
    public let events: [Event]

    public init(seed: UInt64 = 1, users count: Int = 60, likes: Int = 12) {
        var films: [Film] = []
        for genre in Self.genres.indices {
            for number in 0..<Self.filmsPerGenre {
                let digits = number < 9 ? "0\(number + 1)" : "\(number + 1)"
                let noun = Self.nouns[genre][number % 4]
                let year = 1980 + 10 * genre + number
                films.append(
                    Film(
                        id: ItemID("\(Self.genres[genre].lowercased())-\(digits)"),
                        title: "\(Self.adjectives[number]) \(noun) \(digits) (\(year))", genre: genre, number: number,
                        year: year))
            }
        }
        self.films = films
        users = (0..<count).map { UserID("user-\($0)") }
        var liked: [[Film]] = []
        var events: [Event] = []
        for user in 0..<count {
            var random = RandomSource(seed: seed, UInt64(user))
            var own = films.filter { $0.genre == user % Self.genres.count }
            var history: [Film] = []
            while history.count < likes, !own.isEmpty {
                // The smaller of two draws: low numbers are liked more.
                let at = min(random.below(own.count), random.below(own.count))
                history.append(own.remove(at: at))
            }
            liked.append(history)
            let other = films.filter { $0.genre != user % Self.genres.count }
            let disliked = other[random.below(other.count)]
            for (place, film) in (history + [disliked]).enumerated() {
                let time = Timestamp(
                    milliseconds: Self.start.milliseconds + Int64(place) * Self.day + Int64(user) * Self.minute)
                var event = Event(
                    kind: "rating", userId: users[user], itemId: film.id, value: place < history.count ? 5 : 2,
                    time: time, source: "planted")
                event.eventId = "planted-\(user)-\(place)"
                events.append(event)
            }
        }
        self.liked = liked
        events.sort { ($0.time, $0.eventId) < ($1.time, $1.eventId) }
        for i in events.indices { events[i].seq = Int64(i + 1) }
        self.events = events
    }

    public var revisions: [Revision<Item>] {
        films.map { film in
            Revision(
                id: film.id, validFrom: Self.start, receivedAt: Self.start,
                change: .patch([
                    ReservedAttribute.title: .text(film.title), "genres": .keywords([Self.genres[film.genre]]),
                    "year": .number(Double(film.year)),
                ]))
        }
    }

    /// After everything that happened.
    public var now: Timestamp { Timestamp(milliseconds: Self.start.milliseconds + 60 * Self.day) }

    public func genre(ofUser user: Int) -> Int { user % Self.genres.count }
    public func genre(of id: ItemID) -> Int? { films.first { $0.id == id }?.genre }
    public func film(genre: Int, number: Int) -> Film { films[genre * Self.filmsPerGenre + number] }

    /// The films that the user would like and has not seen.
    public func unseen(byUser user: Int) -> Set<ItemID> {
        Set(films.filter { $0.genre == genre(ofUser: user) }.map(\.id)).subtracting(liked[user].map(\.id))
    }

    /// The whole world in a database.
    public func store(in folder: TemporaryFolder, events: [Event]? = nil) throws -> SQLiteStore {
        let store = try SQLiteStore(folder.file("planted-\(UUID().uuidString).sqlite"))
        _ = try store.append(revisions)
        _ = try store.append(events ?? self.events)
        return store
    }
}

extension [Event] {
    /// The same events as a log would number them: `seq` from 1 in this order.
    public func numbered() -> [Event] {
        enumerated().map { place, event in
            var event = event
            event.seq = Int64(place + 1)
            return event
        }
    }
}
