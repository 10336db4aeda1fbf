import MagpieDomain
import Testing

@testable import MagpieOnline

@Suite struct ExactTitleTests {
    @Test(arguments: [
        ("the matrix", "Matrix, The (1999)"), ("Matrix", "Matrix, The (1999)"), ("matrix 1999", "Matrix, The (1999)"),
        ("Matrix, The (1999)", "Matrix, The (1999)"), ("spider man", "Spider-Man (2002)"), ("AMELIE", "Amélie (2001)"),
        ("la cite des enfants perdus", "City of Lost Children, The (Cité des enfants perdus, La) (1995)"),
        ("1984", "1984 (1956)"), ("e.t.", "E.T."),
    ]) func names(_ query: String, _ title: String) throws {
        #expect(try #require(ExactTitle(query)).isNamed(title))
    }

    @Test(arguments: [
        ("matrix", "Matrix Reloaded, The (2003)"), ("the matrix 2003", "Matrix, The (1999)"),
        ("matri", "Matrix, The (1999)"),
        ("lost children", "City of Lost Children, The (1995)"), ("1999", "Matrix, The (1999)"), ("x", ""), ("x", "???"),
    ]) func doesNotName(_ query: String, _ title: String) throws {
        #expect(try !#require(ExactTitle(query)).isNamed(title))
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
