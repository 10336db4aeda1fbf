import MagpieDomain
import MagpieOnline

/// An answer as JSON:
///
///     {"requestId": "0192...", "scenario": "home", "bundle": "20261124T083000Z-1f2e3d4c", "rung": "ranked",
///      "items": [{"id": "2571", "title": "The Matrix (1999)", "score": 1.25,
///                 "probability": 0.0625}, ...]}
///
/// `probability` stands where a calibrated ranker scored the item. A search that asks for `total`, `facets` or `sort` has `matches`: how many items match (`isExact` false: at least so
/// many), whether they have all the words or any of them, and the values of each facet, the most frequent first.
///
/// When explained, each item has its `proposals` (which retriever, at which rank) and its `features` (value and
/// what it added to the score), and the answer has `now`, `appliedSeq` and the `funnel` with times in microseconds.
extension JSONWriter {
    mutating func write(_ answer: Answer) {
        object { json in
            json.field("requestId", answer.requestId.description)
            json.field("scenario", answer.scenario)
            json.field("bundle", answer.bundle)
            json.field("rung", answer.rung.rawValue)
            json.field("items", answer.entries) { json, entry in
                json.write(entry, isExplained: answer.funnel != nil)
            }
            if let matches = answer.matches {
                json.name("matches")
                json.write(matches)
            }
            if let funnel = answer.funnel {
                json.field("now", answer.now.milliseconds)
                json.field("appliedSeq", answer.appliedSeq)
                json.name("funnel")
                json.write(funnel)
            }
        }
    }

    private mutating func write(_ entry: Answer.Entry, isExplained: Bool) {
        object { json in
            json.field("id", entry.id.string)
            if let title = entry.title { json.field("title", title) }
            json.field("score", entry.score)
            if let probability = entry.probability { json.field("probability", probability) }
            guard isExplained else { return }
            json.field("proposals", entry.proposals) { json, proposal in
                json.object { json in
                    json.field("retriever", proposal.retriever)
                    json.field("rank", proposal.rank)
                    json.field("score", proposal.score)
                }
            }
            json.field("features", entry.features) { json, term in
                json.object { json in
                    json.field("name", term.name)
                    json.field("value", term.value)
                    json.field("contribution", term.contribution)
                }
            }
        }
    }

    /// `{"count": 37, "isExact": true, "words": "all",
    ///   "facets": [{"attribute": "genres", "values": [{"value": "Drama", "count": 12}]}]}`
    private mutating func write(_ matches: Answer.Matches) {
        object { json in
            json.field("count", matches.count)
            json.field("isExact", matches.isExact)
            json.field("words", matches.words.rawValue)
            json.field("facets", matches.facets) { json, facet in
                json.object { json in
                    json.field("attribute", facet.attribute)
                    json.field("values", facet.values) { json, value in
                        json.object { json in
                            json.field("value", value.value)
                            json.field("count", value.count)
                        }
                    }
                }
            }
        }
    }

    private mutating func write(_ funnel: Answer.Funnel) {
        object { json in
            json.field("catalogue", funnel.catalogue)
            json.field("excluded", funnel.excluded) { json, exclusion in
                json.object { json in
                    json.field("reason", exclusion.reason)
                    json.field("count", exclusion.count)
                }
            }
            json.field("retrieved", funnel.retrieved) { json, retrieved in
                json.object { json in
                    json.field("retriever", retrieved.retriever)
                    json.field("candidates", retrieved.candidates.count)
                    json.field("microseconds", retrieved.microseconds)
                }
            }
            json.field("merged", funnel.merged)
            json.field("sameGroup", funnel.sameGroup)
            json.field("diversity", funnel.diversity)
            json.field("moved", funnel.moved)
            json.field("capped", funnel.capped)
            json.object("microseconds") { json in
                json.field("query", funnel.microseconds.query)
                json.field("retrieve", funnel.microseconds.retrieve)
                json.field("score", funnel.microseconds.score)
                json.field("features", funnel.microseconds.features)
                json.field("rank", funnel.microseconds.rank)
                json.field("reorder", funnel.microseconds.reorder)
            }
        }
    }
}

extension Answer {
    /// The answer as the server sends it.
    public var json: String {
        var json = JSONWriter()
        json.write(self)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension ServedList {
    init(_ answer: Answer, user: UserKey?, query: String?, seed: ItemID?) {
        self.init(
            requestId: answer.requestId, scenario: answer.scenario, bundle: answer.bundle, rung: answer.rung.rawValue,
            user: user, query: query, seed: seed, now: answer.now, appliedSeq: answer.appliedSeq,
            items: answer.entries.map(\.id), scores: answer.entries.map(\.score))
    }
}
