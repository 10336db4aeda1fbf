/// `GET /openapi.json`: what can be asked, for people's tools (OpenAPI 3.1).
///
/// A test holds it against the router: what has a route is described, what is described has a route, and the names of a
/// question are those that ``Question`` takes.
enum OpenAPIDocument {
    // swift-format-ignore
    static let text = """
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Magpie",
            "version": "0.1.0",
            "description": "Recommendations and search, from raw events to ranked answers.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
          },
          "security": [{}, {"key": []}],
          "tags": [{"name": "ask"}, {"name": "tell"}, {"name": "administer"}, {"name": "operate"}],
          "paths": {
            "/v1/recommendations": {
              "get": {
                "operationId": "recommend",
                "summary": "What a user may like next",
                "tags": ["ask"],
                "parameters": [
                  {"$ref": "#/components/parameters/user"},
                  {"$ref": "#/components/parameters/anonymous"},
                  {"$ref": "#/components/parameters/count"},
                  {"$ref": "#/components/parameters/scenario"},
                  {"$ref": "#/components/parameters/filter"},
                  {"$ref": "#/components/parameters/exclude"},
                  {"$ref": "#/components/parameters/diversity"},
                  {"$ref": "#/components/parameters/cap"},
                  {"$ref": "#/components/parameters/explain"},
                  {"$ref": "#/components/parameters/vector"},
                  {"$ref": "#/components/parameters/items"}
                ],
                "responses": {
                  "200": {
                    "description": "items, the best first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              },
              "post": {
                "operationId": "recommendByBody",
                "summary": "What a user may like next",
                "tags": ["ask"],
                "requestBody": {
                  "required": false,
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}
                },
                "responses": {
                  "200": {
                    "description": "items, the best first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/search": {
              "get": {
                "operationId": "search",
                "summary": "Items for a text, in the order that suits the user",
                "tags": ["ask"],
                "parameters": [
                  {"$ref": "#/components/parameters/q"},
                  {"$ref": "#/components/parameters/user"},
                  {"$ref": "#/components/parameters/anonymous"},
                  {"$ref": "#/components/parameters/count"},
                  {"$ref": "#/components/parameters/scenario"},
                  {"$ref": "#/components/parameters/filter"},
                  {"$ref": "#/components/parameters/exclude"},
                  {"$ref": "#/components/parameters/diversity"},
                  {"$ref": "#/components/parameters/cap"},
                  {"$ref": "#/components/parameters/explain"},
                  {"$ref": "#/components/parameters/vector"},
                  {"$ref": "#/components/parameters/items"},
                  {"$ref": "#/components/parameters/total"},
                  {"$ref": "#/components/parameters/facets"},
                  {"$ref": "#/components/parameters/sort"}
                ],
                "responses": {
                  "200": {
                    "description": "items, the best first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              },
              "post": {
                "operationId": "searchByBody",
                "summary": "Items for a text, in the order that suits the user",
                "tags": ["ask"],
                "requestBody": {
                  "required": true,
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}
                },
                "responses": {
                  "200": {
                    "description": "items, the best first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/rank": {
              "get": {
                "operationId": "rank",
                "summary": "The caller's own candidates in the order that suits the user",
                "tags": ["ask"],
                "parameters": [
                  {"$ref": "#/components/parameters/user"},
                  {"$ref": "#/components/parameters/anonymous"},
                  {"$ref": "#/components/parameters/count"},
                  {"$ref": "#/components/parameters/scenario"},
                  {"$ref": "#/components/parameters/filter"},
                  {"$ref": "#/components/parameters/exclude"},
                  {"$ref": "#/components/parameters/diversity"},
                  {"$ref": "#/components/parameters/cap"},
                  {"$ref": "#/components/parameters/explain"},
                  {"$ref": "#/components/parameters/vector"},
                  {"$ref": "#/components/parameters/items"}
                ],
                "responses": {
                  "200": {
                    "description": "the candidates, the best first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              },
              "post": {
                "operationId": "rankByBody",
                "summary": "The caller's own candidates in the order that suits the user",
                "tags": ["ask"],
                "requestBody": {
                  "required": true,
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}
                },
                "responses": {
                  "200": {
                    "description": "the candidates, the best first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/items/{id}/similar": {
              "get": {
                "operationId": "similar",
                "summary": "Items like it",
                "tags": ["ask"],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "with percent escapes",
                    "schema": {"type": "string", "minLength": 1}
                  },
                  {"$ref": "#/components/parameters/user"},
                  {"$ref": "#/components/parameters/anonymous"},
                  {"$ref": "#/components/parameters/count"},
                  {"$ref": "#/components/parameters/scenario"},
                  {"$ref": "#/components/parameters/filter"},
                  {"$ref": "#/components/parameters/exclude"},
                  {"$ref": "#/components/parameters/diversity"},
                  {"$ref": "#/components/parameters/cap"},
                  {"$ref": "#/components/parameters/explain"},
                  {"$ref": "#/components/parameters/vector"},
                  {"$ref": "#/components/parameters/items"}
                ],
                "responses": {
                  "200": {
                    "description": "items, the most similar first",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/events": {
              "post": {
                "operationId": "addEvents",
                "summary": "What happened: one event, an array, or lines; all or nothing",
                "tags": ["tell"],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "oneOf": [
                          {"$ref": "#/components/schemas/Event"},
                          {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}
                        ]
                      }
                    },
                    "application/x-ndjson": {"schema": {"type": "string"}}
                  }
                },
                "responses": {
                  "200": {
                    "description": "in the log, durable, and known to the next answer",
                    "content": {
                      "application/json": {
                        "schema": {
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
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/items": {
              "post": {
                "operationId": "addItems",
                "summary": "New items, or attributes that changed; all or nothing",
                "tags": ["tell"],
                "requestBody": {
                  "required": true,
                  "content": {
                    "application/json": {
                      "schema": {
                        "oneOf": [
                          {"$ref": "#/components/schemas/Item"},
                          {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
                        ]
                      }
                    },
                    "application/x-ndjson": {"schema": {"type": "string"}}
                  }
                },
                "responses": {
                  "200": {
                    "description": "known to the next answer",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["received", "changed"],
                          "properties": {"received": {"type": "integer"}, "changed": {"type": "integer"}}
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/items/{id}/hide": {
              "post": {
                "operationId": "hideItem",
                "summary": "No answer shows it, until it is shown again",
                "tags": ["tell"],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "with percent escapes",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "done",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["item", "changed"],
                          "properties": {
                            "item": {"type": "string"},
                            "changed": {"type": "boolean", "description": "false: it was so already"}
                          }
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/items/{id}/show": {
              "post": {
                "operationId": "showItem",
                "summary": "It may be shown again",
                "tags": ["tell"],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "with percent escapes",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "done",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["item", "changed"],
                          "properties": {
                            "item": {"type": "string"},
                            "changed": {"type": "boolean", "description": "false: it was so already"}
                          }
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/items/{id}": {
              "delete": {
                "operationId": "deleteItem",
                "summary": "No answer shows it, and the next training does not know it",
                "tags": ["administer"],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "with percent escapes",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "done",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["item", "changed"],
                          "properties": {
                            "item": {"type": "string"},
                            "changed": {"type": "boolean", "description": "false: it was so already"}
                          }
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/users/{id}": {
              "delete": {
                "operationId": "eraseUser",
                "summary": "Erase a person: events, attributes, served lists, live state",
                "tags": ["administer"],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "with percent escapes",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "done",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["user", "eventsRemoved"],
                          "properties": {"user": {"type": "string"}, "eventsRemoved": {"type": "integer"}}
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/bundles": {
              "get": {
                "operationId": "bundles",
                "summary": "All bundles, which is published and which answers",
                "tags": ["administer"],
                "responses": {
                  "200": {
                    "description": "oldest first",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["bundles"],
                          "properties": {
                            "current": {"type": "string"},
                            "serving": {"type": "string"},
                            "bundles": {"type": "array", "items": {"type": "string"}}
                          }
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/bundles/{id}/activate": {
              "post": {
                "operationId": "activateBundle",
                "summary": "Publish a bundle and let it answer",
                "tags": ["administer"],
                "parameters": [
                  {
                    "name": "id",
                    "in": "path",
                    "required": true,
                    "description": "with percent escapes",
                    "schema": {"type": "string", "minLength": 1}
                  }
                ],
                "responses": {
                  "200": {
                    "description": "it answers",
                    "content": {
                      "application/json": {
                        "schema": {"type": "object", "required": ["bundle"], "properties": {"bundle": {"type": "string"}}}
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/v1/bundles/rollback": {
              "post": {
                "operationId": "rollBackBundle",
                "summary": "Back to the bundle that was published before",
                "tags": ["administer"],
                "responses": {
                  "200": {
                    "description": "it answers",
                    "content": {
                      "application/json": {
                        "schema": {"type": "object", "required": ["bundle"], "properties": {"bundle": {"type": "string"}}}
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/livez": {
              "get": {
                "operationId": "isAlive",
                "summary": "The process answers",
                "tags": ["operate"],
                "security": [],
                "responses": {
                  "200": {
                    "description": "alive",
                    "content": {"application/json": {"schema": {"type": "object", "properties": {"status": {"const": "alive"}}}}}
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/readyz": {
              "get": {
                "operationId": "isReady",
                "summary": "A bundle is open and its state has caught up",
                "tags": ["operate"],
                "security": [],
                "responses": {
                  "200": {
                    "description": "ready",
                    "content": {
                      "application/json": {
                        "schema": {
                          "type": "object",
                          "required": ["status", "bundle", "appliedSeq"],
                          "properties": {
                            "status": {"const": "ready"},
                            "bundle": {"type": "string"},
                            "appliedSeq": {"type": "integer"},
                            "served": {
                              "type": "object",
                              "properties": {"written": {"type": "integer"}, "dropped": {"type": "integer"}}
                            }
                          }
                        }
                      }
                    }
                  },
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/metrics": {
              "get": {
                "operationId": "metrics",
                "summary": "For Prometheus",
                "tags": ["operate"],
                "responses": {
                  "200": {"description": "the text format", "content": {"text/plain": {"schema": {"type": "string"}}}},
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            },
            "/openapi.json": {
              "get": {
                "operationId": "openapi",
                "summary": "This document",
                "tags": ["operate"],
                "security": [],
                "responses": {
                  "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
                  "default": {"$ref": "#/components/responses/Problem"}
                }
              }
            }
          },
          "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "where the home has keys: magpie keys"}},
            "parameters": {
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
              }
            },
            "schemas": {
              "Question": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                  "user": {"type": "string", "minLength": 1, "description": "who asks; an id that nobody has is a cold start"},
                  "anonymous": {"type": "string", "minLength": 1, "description": "the device or cookie, when there is no user"},
                  "count": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10, "description": "how many items"},
                  "scenario": {"type": "string", "description": "a named way of answering, by its name in the configuration"},
                  "filter": {"type": "string", "description": "a predicate, such as genres:Action AND year>=1990"},
                  "exclude": {"type": "array", "items": {"type": "string"}, "description": "ids that must not be in the answer"},
                  "diversity": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                    "description": "how much unlikeness counts against relevance"
                  },
                  "cap": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "genres=3: at most three of one genre; genres=3@20: among the first twenty"
                  },
                  "explain": {"type": "boolean", "description": "the funnel, and what each feature added"},
                  "vector": {
                    "type": "array",
                    "items": {"type": "number"},
                    "description": "numbers of the caller's own model for who asks, in place of the embedding"
                  },
                  "items": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "maxItems": 1000,
                    "description": "ids to put in order, instead of retrieving any"
                  },
                  "total": {"type": "boolean", "description": "of a search: how many items match"},
                  "facets": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "of a search: attributes of which the values are counted"
                  },
                  "sort": {
                    "type": "string",
                    "description": "of a search: an attribute to order by, -year for the largest first"
                  },
                  "q": {"type": "string", "description": "the text of a search"},
                  "query": {"type": "string", "description": "the same as q"}
                }
              },
              "Answer": {
                "type": "object",
                "required": ["requestId", "scenario", "bundle", "rung", "items"],
                "properties": {
                  "requestId": {"type": "string", "description": "what events that follow this answer refer to"},
                  "scenario": {"type": "string"},
                  "bundle": {"type": "string"},
                  "rung": {"enum": ["ranked", "retrieved", "popular"]},
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
                  "probability": {"type": "number", "minimum": 0, "maximum": 1, "description": "how likely it is liked, were it shown"},
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
              }
            },
            "responses": {
              "Problem": {
                "description": "what is wrong, where, and the remedy",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
              }
            }
          }
        }
        """
}
