/// What operations refer to by name. A parameter of a GET is a property of a POST's body by the same name, and its schema
/// is said once.
extension OpenAPIDocument {
    // swift-format-ignore
    static let parameters = """
        {
          "user": {
            "name": "user",
            "in": "query",
            "description": "who asks; an id that nobody has is a cold start",
            "schema": {"type": "string", "minLength": 1}
          },
          "anonymous": {
            "name": "anonymous",
            "in": "query",
            "description": "the device or cookie, when there is no user",
            "schema": {"type": "string", "minLength": 1}
          },
          "count": {
            "name": "count",
            "in": "query",
            "description": "how many items",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}
          },
          "scenario": {
            "name": "scenario",
            "in": "query",
            "description": "a named way of answering, by its name in the configuration",
            "schema": {"type": "string"}
          },
          "filter": {
            "name": "filter",
            "in": "query",
            "description": "a predicate, such as genres:Action AND year>=1990",
            "schema": {"type": "string"}
          },
          "exclude": {
            "name": "exclude",
            "in": "query",
            "description": "ids that must not be in the answer",
            "schema": {"type": "array", "items": {"type": "string"}},
            "style": "form",
            "explode": true
          },
          "diversity": {
            "name": "diversity",
            "in": "query",
            "description": "how much unlikeness counts against relevance",
            "schema": {"type": "number", "minimum": 0, "maximum": 1}
          },
          "cap": {
            "name": "cap",
            "in": "query",
            "description": "genres=3: at most three of one genre; genres=3@20: among the first twenty",
            "schema": {"type": "array", "items": {"type": "string"}},
            "style": "form",
            "explode": true
          },
          "explain": {
            "name": "explain",
            "in": "query",
            "description": "the funnel, and what each feature added",
            "schema": {"type": "boolean"}
          },
          "mode": {
            "name": "mode",
            "in": "query",
            "description": "from what is known now, from a list made ahead of time, or from such a list where there is one",
            "schema": {"enum": ["realtime", "batch", "auto"], "default": "realtime"}
          },
          "vector": {
            "name": "vector",
            "in": "query",
            "description": "numbers of the caller's own model for who asks, in place of the embedding",
            "schema": {"type": "array", "items": {"type": "number"}},
            "style": "form",
            "explode": false
          },
          "items": {
            "name": "items",
            "in": "query",
            "description": "ids to put in order, instead of retrieving any",
            "schema": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1000},
            "style": "form",
            "explode": false
          },
          "total": {
            "name": "total",
            "in": "query",
            "description": "of a search: how many items match",
            "schema": {"type": "boolean"}
          },
          "facets": {
            "name": "facets",
            "in": "query",
            "description": "of a search: attributes of which the values are counted",
            "schema": {"type": "array", "items": {"type": "string"}},
            "style": "form",
            "explode": false
          },
          "sort": {
            "name": "sort",
            "in": "query",
            "description": "of a search: an attribute to order by, -year for the largest first",
            "schema": {"type": "string"}
          },
          "q": {
            "name": "q",
            "in": "query",
            "description": "the text of a search",
            "required": true,
            "schema": {"type": "string", "minLength": 1}
          },
          "id": {
            "name": "id",
            "in": "path",
            "required": true,
            "description": "with percent escapes",
            "schema": {"type": "string", "minLength": 1}
          }
        }
        """

    // swift-format-ignore
    static let schemas = """
        {
          "Question": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "user": {"$ref": "#/components/parameters/user/schema"},
              "anonymous": {"$ref": "#/components/parameters/anonymous/schema"},
              "count": {"$ref": "#/components/parameters/count/schema"},
              "scenario": {"$ref": "#/components/parameters/scenario/schema"},
              "filter": {"oneOf": [{"$ref": "#/components/parameters/filter/schema"}, {"$ref": "#/components/schemas/Filter"}]},
              "exclude": {"$ref": "#/components/parameters/exclude/schema"},
              "diversity": {"$ref": "#/components/parameters/diversity/schema"},
              "cap": {"$ref": "#/components/parameters/cap/schema"},
              "explain": {"$ref": "#/components/parameters/explain/schema"},
              "mode": {"$ref": "#/components/parameters/mode/schema"},
              "vector": {"$ref": "#/components/parameters/vector/schema"},
              "items": {"$ref": "#/components/parameters/items/schema"},
              "total": {"$ref": "#/components/parameters/total/schema"},
              "facets": {"$ref": "#/components/parameters/facets/schema"},
              "sort": {"$ref": "#/components/parameters/sort/schema"},
              "q": {"$ref": "#/components/parameters/q/schema"},
              "query": {"$ref": "#/components/parameters/q/schema"}
            }
          },
          "Filter": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": false,
            "properties": {
              "must": {"$ref": "#/components/schemas/Filters"},
              "any": {"$ref": "#/components/schemas/Filters"},
              "must_not": {"$ref": "#/components/schemas/Filters"},
              "match": {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["string", "number", "boolean", "array"]}},
              "range": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {
                  "type": "object",
                  "minProperties": 1,
                  "additionalProperties": false,
                  "properties": {
                    "gt": {"type": ["number", "string"]},
                    "gte": {"type": ["number", "string"]},
                    "lt": {"type": ["number", "string"]},
                    "lte": {"type": ["number", "string"]}
                  }
                }
              },
              "exists": {"type": "string", "minLength": 1}
            }
          },
          "Filters": {
            "oneOf": [
              {"$ref": "#/components/schemas/Filter"},
              {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Filter"}}
            ]
          },
          "Answer": {
            "type": "object",
            "required": ["requestId", "scenario", "bundle", "rung", "items"],
            "properties": {
              "requestId": {"type": "string", "description": "what events that follow this answer refer to"},
              "scenario": {"type": "string"},
              "bundle": {"type": "string"},
              "rung": {"enum": ["ranked", "retrieved", "precomputed", "popular"]},
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}},
              "matches": {"type": "object"},
              "now": {"type": "integer"},
              "appliedSeq": {"type": "integer"},
              "funnel": {"type": "object"}
            }
          },
          "Entry": {
            "type": "object",
            "required": ["id", "score"],
            "properties": {
              "id": {"type": "string"},
              "title": {"type": "string"},
              "score": {"type": ["number", "null"]},
              "probability": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "how likely it is liked, were it shown"
              },
              "proposals": {"type": "array", "items": {"type": "object"}},
              "features": {"type": "array", "items": {"type": "object"}}
            }
          },
          "Event": {
            "type": "object",
            "required": ["kind"],
            "additionalProperties": false,
            "properties": {
              "kind": {
                "type": "string",
                "minLength": 1,
                "description": "any word; identify and impression have a meaning of their own"
              },
              "userId": {"type": ["string", "integer"]},
              "anonymousId": {"type": ["string", "integer"]},
              "itemId": {"type": ["string", "integer"], "description": "required but for identify"},
              "value": {"type": "number"},
              "quantity": {"type": "number"},
              "unitPrice": {"type": "number"},
              "currency": {"type": "string"},
              "time": {
                "type": ["string", "integer"],
                "description": "ISO 8601, or milliseconds; without it the server's clock"
              },
              "sessionId": {"type": ["string", "integer"]},
              "eventId": {"type": ["string", "integer"], "description": "unique: sending it again changes nothing"},
              "requestId": {"type": "string", "description": "of the answer that it follows"},
              "position": {"type": "integer", "minimum": 1, "description": "the item's place in that answer"},
              "surface": {"type": "string"},
              "query": {"type": "string"},
              "context": {"type": "object"},
              "properties": {"type": "object"}
            }
          },
          "Item": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": ["string", "integer"]}, "title": {"type": "string"}},
            "additionalProperties": {"description": "text, a number, true or false, null (in a patch: remove), or an array of texts"},
            "description": "attributes as in docs/FORMATS.md"
          },
          "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "code", "detail"],
            "properties": {
              "type": {"type": "string"},
              "title": {"type": "string"},
              "status": {"type": "integer"},
              "code": {"type": "string", "description": "for programs; never changes"},
              "detail": {"type": "string", "description": "for people: what is wrong, where, and the remedy"}
            }
          },
          "Appended": {
            "type": "object",
            "required": ["appended", "duplicates", "conflicts"],
            "properties": {
              "appended": {"type": "integer"},
              "duplicates": {"type": "integer", "description": "known by their eventId"},
              "conflicts": {
                "type": "integer",
                "description": "known by their eventId, with another content: the first stays"
              },
              "erased": {"type": "integer", "description": "of people who were erased: not kept"},
              "conflictExamples": {"type": "array", "items": {"type": "string"}}
            }
          },
          "Received": {
            "type": "object",
            "required": ["received", "changed"],
            "properties": {"received": {"type": "integer"}, "changed": {"type": "integer"}}
          },
          "Changed": {
            "type": "object",
            "required": ["item", "changed"],
            "properties": {
              "item": {"type": "string"},
              "changed": {"type": "boolean", "description": "false: it was so already"}
            }
          },
          "Erased": {
            "type": "object",
            "required": ["user", "eventsRemoved"],
            "properties": {"user": {"type": "string"}, "eventsRemoved": {"type": "integer"}}
          },
          "Bundles": {
            "type": "object",
            "required": ["bundles"],
            "properties": {
              "current": {"type": "string"},
              "serving": {"type": "string"},
              "bundles": {"type": "array", "items": {"type": "string"}}
            }
          },
          "Bundle": {"type": "object", "required": ["bundle"], "properties": {"bundle": {"type": "string"}}},
          "Alive": {"type": "object", "properties": {"status": {"const": "alive"}}},
          "Ready": {
            "type": "object",
            "required": ["status", "bundle", "appliedSeq"],
            "properties": {
              "status": {"const": "ready"},
              "bundle": {"type": "string"},
              "appliedSeq": {"type": "integer"},
              "served": {"type": "object", "properties": {"written": {"type": "integer"}, "dropped": {"type": "integer"}}}
            }
          },
          "Document": {"type": "object", "description": "OpenAPI 3.1"},
          "Events": {
            "oneOf": [
              {"$ref": "#/components/schemas/Event"},
              {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}
            ]
          },
          "Items": {
            "oneOf": [
              {"$ref": "#/components/schemas/Item"},
              {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
            ]
          }
        }
        """
}
