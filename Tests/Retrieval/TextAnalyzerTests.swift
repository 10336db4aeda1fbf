import MagpieRetrieval
import Testing

@Suite struct TextAnalyzerTests {
    @Test(arguments: [
        ("The MATRIX (1999)", "the matrix 1999"),
        ("Matrix, The (1999)", "matrix the 1999"),
        ("Sci-Fi", "sci fi scifi"),
        ("sci\u{2010}fi", "sci fi scifi"),
        ("Schindler's List", "schindler schindlers list"),
        ("Schindler\u{2019}s", "schindler schindlers"),
        ("L'Avventura", "avventura lavventura"),
        ("the actors' cut", "the actors cut"),
        ("E.T. the Extra-Terrestrial", "e t et the extra terrestrial extraterrestrial"),
        ("M*A*S*H", "m a s h mash"),
        ("Mr. Smith goes. Home", "mr smith goes home"),
        ("2.5 and 3-D", "2 5 and 3 d 3d"),
        ("WALL·E", "wall e walle"),
        ("Fast & Furious", "fast and furious"),
        ("Amélie AMÉLIE Ame\u{301}lie", "amelie amelie amelie"),
        ("Straße Ærø Łódź", "strasse aero lodz"),
        ("ﬁlm ²", "film 2"),
        ("Москва Ёлка", "москва елка"),
        ("東京 tokyo", "東 京 tokyo"),
        ("- ' . -- 'tis", "tis"),
        ("don't--stop", "don dont stop"),
        ("", ""), ("  \n", ""), ("!?…", ""),
    ])
    func tokens(_ text: String, _ expected: String) {
        #expect(TextAnalyzer().tokens(in: text) == expected.split(separator: " ").map(String.init))
    }

    @Test func foldsCaseAndForm() {
        let analyzer = TextAnalyzer()
        for text in ["Crème Brûlée", "ÀÉÎÕÜ ñ ç", "Žižek", "Ångström"] {
            #expect(analyzer.tokens(in: text) == analyzer.tokens(in: text.uppercased()))
            #expect(analyzer.tokens(in: text) == analyzer.tokens(in: text.lowercased()))
        }
    }
}

@Suite struct TitlePartsTests {
    @Test(
        arguments: [
            ("Matrix, The (1999)", "The Matrix", [], "1999"),
            ("Seven (a.k.a. Se7en) (1995)", "Seven", ["Se7en"], "1995"),
            (
                "City of Lost Children, The (Cité des enfants perdus, La) (1995)", "The City of Lost Children",
                ["La Cité des enfants perdus"], "1995"
            ),
            ("Avventura, L' (1960)", "L'Avventura", [], "1960"),
            ("I, Robot", "I, Robot", [], nil),
            ("Lost (2004-2010)", "Lost", [], "2004"),
            ("Fargo (2014– )", "Fargo", [], "2014"),
            ("(500) Days of Summer (2009)", "(500) Days of Summer", [], "2009"),
            ("(1999)", "(1999)", [], nil),
            ("Odd) (", "Odd) (", [], nil),
            ("", "", [], nil),
        ] as [(String, String, [String], String?)])
    func parts(_ title: String, _ main: String, _ alternatives: [String], _ year: String?) {
        let parts = TitleParts(title)
        #expect(parts.main == main)
        #expect(parts.alternatives == alternatives)
        #expect(parts.year == year)
    }

    @Test func withoutArticle() {
        #expect(TitleParts.withoutArticle("The Matrix") == "Matrix")
        #expect(TitleParts.withoutArticle("Them") == "Them")
        #expect(TitleParts.withoutArticle("The ") == "The ")
        #expect(TitleParts.withoutArticle("") == "")
    }
}
