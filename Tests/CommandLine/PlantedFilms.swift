/// Two kinds of films, 15 each; 24 people who like one kind and have seen 9 of it. As MovieLens files.
enum PlantedFilms {
    static var films: String {
        (0..<30).reduce(into: "movieId,title,genres\n") { text, i in
            let (genre, word) = i < 15 ? ("War", "Trench") : ("Romance", "Kiss")
            text += "\(i),\"\(words[i]) \(word), The (\(1960 + i))\",\(genre)\n"
        }
    }

    static var ratings: String {
        (0..<24).reduce(into: "userId,movieId,rating,timestamp\n") { text, user in
            for n in 0..<9 {
                let film = (user % 2) * 15 + (user * 5 + n * (user % 3 + 1)) % 15
                text += "u\(user),\(film),\(n == 8 ? 2 : 5),\(1_000_000_000 + user * 1000 + n)\n"
            }
        }
    }

    /// Small models for a small world.
    static let configuration = """
        {"embedding": {"skipGram": {"dimensions": 8, "epochs": 20}}, "walks": {"walksPerNode": 40},
         "queryEncoder": {"epochs": 40, "batch": 16, "buckets": 16384}, "ranker": {"searchQueries": 400}}
        """

    private static let words = [
        "Amber", "Birch", "Cobalt", "Dune", "Ember", "Falcon", "Granite", "Harbor", "Indigo", "Juniper", "Kestrel",
        "Lantern", "Marble", "Nettle", "Orchid", "Pepper", "Quartz", "Raven", "Saffron", "Thistle", "Umber", "Velvet",
        "Willow", "Xenon", "Yarrow", "Zephyr", "Acorn", "Bramble", "Cinder", "Dahlia",
    ]
}
