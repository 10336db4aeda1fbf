/// Words that say nothing about what a text is about, by language, as they are written without accents.
///
/// They are indexed, so that "It" and "The Who" are found; but they do not count in an item's length, and a long query
/// is answered by its other words (``TextQueryBuilder``). The lists are the function words that are the most
/// frequent of each language; a configuration may name others.
enum StopWords {
    static func builtIn(_ language: String) -> [String] {
        (lists[language] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static let lists: [String: String] = [
        "da": """
        af alle at blev blive da de dem den denne der deres det dette dig din du efter eller en er et for fra ham
        han hans har havde hende hendes her hun hvad hvis hvor i ikke ind jeg kan man med men mig min nar nu og om
        op os pa sa sig sin skal som til ud var vi vil
        """,
        "de": """
        aber alle als am an auch auf aus bei bin bis da dann das dass dem den der des die diese dieser dieses du
        durch ein eine einem einen einer eines er es fur hat hatte ich ihr im in ist ja kann mich mit nach nicht
        noch nur oder sein seine sich sie sind so uber um und uns von vor war was wenn wer wie wir zu zum zur
        """,
        "en": """
        a about above after again against all am an and any are as at be because been before being below between
        both but by can could did do does doing down during each few for from further had has have having he her
        here hers herself him himself his how i if in into is it its itself just me more most my myself no nor not
        of off on once only or other our ours ourselves out over own same she should so some such than that the
        their theirs them themselves then there these they this those through to too under until up very was we
        were what when where which while who whom why will with would you your yours yourself yourselves
        """,
        "es": """
        a al como con de del desde donde e el ella ellos en entre era es esa ese esta este esto fue ha hasta hay la
        las le les lo los mas me mi muy no nos o para pero por que se sin sobre son su sus tambien te tu un una uno
        y ya yo
        """,
        "fi": """
        ei ella en etta han he hanen ja jo joka jos kanssa koska kuin kun me mika mina mutta myos ne nain niin nyt
        oli olla on ovat poikki se sen siita siina silla sina taa tama te tai vaan vai
        """,
        "fr": """
        a au aux avec ce ces cette comme d dans de des du elle en est et eu il ils je l la le les leur lui mais me
        meme mes moi mon n ne nos notre nous on ou par pas pour qu que qui s sa sans se ses son sont sur ta te tu un
        une vos votre vous y
        """,
        "it": """
        a ad al alla alle anche c che chi ci come con da dal dalla dei del della delle di e ed era gli ha i il in io
        l la le lei lo loro lui ma mi ne nei nel nella non o per piu quella quello questa questo se si sono su sul
        sulla suo tra un una uno
        """,
        "nl": """
        aan al alles als bij daar dan dat de der deze die dit doch door een en er ge had heb heeft hem het hij hoe
        hun ik in is ja je kan me men met mij mijn na naar niet nog nu of om omdat ons ook op over te tot u uit van
        voor was wat we wel wij wordt zal ze zich zij zijn zo zou
        """,
        "no": """
        alle at av bare ble da de deg dem den denne der deres det dette du eller en er et etter for fra ham han hans
        har hun hva hvis hvor i ikke jeg kan man med meg men min na nar og om opp oss pa sa seg selv sin skal som
        til ut var vi vil
        """,
        "pt": """
        a ao aos as com como da das de dela dele do dos e ela ele em entre era essa esse esta este eu foi ha isso
        ja lhe mais mas me meu minha muito na nao nas no nos o os ou para pela pelo por que se sem seu sua te tem um
        uma voce
        """,
        "ru": """
        а без бы был была были было быть в вам вас во вот все вы да для до его ее если есть еще же за и из или им их
        к как ко когда кто ли мне мы на не него нет но о об он она они от по при с со так то ты у уже чем что это я
        """,
        "sv": """
        alla att av blev da de dem den denna deras dess det detta dig din du efter ej eller en er ett for fran ha
        hade han hans har henne hon hur i icke inte jag kan man med men mig min nar nu och om oss pa sa sig sin ska
        som till ut var vi vid vill
        """,
    ]
}
