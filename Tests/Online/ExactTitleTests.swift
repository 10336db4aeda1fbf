import MagpieDomain
import MagpieKernels
import Testing

@testable import MagpieOnline

@Suite struct ExactTitleTests {
    @Test(arguments: [
        ("the matrix", "Matrix, The (1999)"), ("Matrix", "Matrix, The (1999)"), ("matrix 1999", "Matrix, The (1999)"),
        ("Matrix, The (1999)", "Matrix, The (1999)"), ("spider man", "Spider-Man (2002)"), ("AMELIE", "Amélie (2001)"),
        ("la cite des enfants perdus", "City of Lost Children, The (Cité des enfants perdus, La) (1995)"),
        ("1984", "1984 (1956)"), ("e.t.", "E.T."), ("l'avventura", "Avventura, L' (1960)"),
        ("Romeo and Juliet", "ROMEO & JULIET"),
    ]) func names(_ query: String, _ title: String) throws {
        let exact = try #require(ExactTitle(query))
        #expect(exact.isNamed(title) && isNamed(exact, title))
    }

    @Test(arguments: [
        ("matrix", "Matrix Reloaded, The (2003)"), ("the matrix 2003", "Matrix, The (1999)"),
        ("matri", "Matrix, The (1999)"),
        ("lost children", "City of Lost Children, The (1995)"), ("1999", "Matrix, The (1999)"), ("x", ""), ("x", "???"),
    ]) func doesNotName(_ query: String, _ title: String) throws {
        let exact = try #require(ExactTitle(query))
        #expect(!exact.isNamed(title) && !isNamed(exact, title))
    }

    /// Whoever is named has the letters of the query: the look at these alone rejects nobody else.
    @Test func lettersRejectWhatIsNotNamed() throws {
        let words = ["The", "Red", "&", "and", "Dragon,", "L'", "(1999)", "E.T.", "Élan", "7", "-", "an", "Ångström"]
        var random = RandomSource(seed: 7)
        var (named, rejected) = (0, 0)
        for _ in 0..<4_000 {
            let title = (0..<3).map { _ in words[random.below(words.count)] }
            let query = random.below(2) == 0 ? title : (0..<3).map { _ in words[random.below(words.count)] }
            guard let exact = ExactTitle(query.joined(separator: " ").lowercased()) else { continue }
            let text = title.joined(separator: " ")
            #expect(isNamed(exact, text) == exact.isNamed(text), "\(query) \(text)")
            named += exact.isNamed(text) ? 1 : 0
            rejected += mayBeNamed(exact, text) ? 0 : 1
        }
        #expect(named > 20 && rejected > 1_000)
    }

    private func isNamed(_ exact: ExactTitle, _ title: String) -> Bool {
        var title = title
        return title.withUTF8 { exact.isNamed($0) }
    }

    private func mayBeNamed(_ exact: ExactTitle, _ title: String) -> Bool {
        var title = title
        return title.withUTF8 { exact.mayBeNamed($0) }
    }

    @Test func nothingNamesNothing() {
        for text in ["", "  ", "?!", "()"] { #expect(ExactTitle(text) == nil, "\(text)") }
    }

    /// Every film of the world is found first by its whole title, whatever the others' popularity.
    @Test func anExactTitleStandsFirst() throws {
        let bundled = try BundledWorld.shared.get()
        let recommender = try bundled.recommender()
        for film in bundled.world.films {
            let answer = try recommender.answer(
                Request(
                    id: RequestID(), scenario: "search", user: bundled.world.users[7].key, text: film.title.lowercased()
                ),
                now: bundled.world.now)
            #expect(answer.entries.first?.id == film.id, "\(film.title)")
        }
    }
}
