#!/usr/bin/env python3
"""Makes what `magpie bench text` reads: documents and queries as TSV or JSON Lines, judgments as TREC has them.

    text-data.py generated OUT [--titles 1000000] [--words 200000] [--queries 1000] [--seed 1]
    text-data.py titles MOVIES_CSV OUT             titles of MovieLens, for --known-item
    text-data.py cranfield FOLDER OUT              cran.all.1400, cran.qry, cranqrel
    text-data.py vaswani FOLDER OUT                corpus/doc-text.trec, query-text.trec, qrels
    text-data.py films MOVIELENS WIKIPEDIA OMDB JUDGMENTS OUT

OUT is a folder; files there begin with the name of the collection. Needs no package.

Generated titles have 2 to 8 words of made-up syllables, drawn by Zipf's law (the r-th word 1 / r times as often as the
first). Queries: `frequent` are 1 to 4 words of the hundred commonest, `mixed` 2 to 4 words of one title each.

All judgments of Cranfield and Vaswani are taken as relevant, as usual for small collections; Cranfield's number queries
by their order.
"""

import argparse
import csv
import gzip
import json
import os
import random
import re
import sqlite3
from itertools import accumulate


def write(out, name, rows):
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, name)
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write((json.dumps(row, ensure_ascii=False) if isinstance(row, dict) else "\t".join(row)) + "\n")
    print(path)


def line(text):
    return " ".join(text.split())


def generated(arguments):
    draw = random.Random(arguments.seed)
    syllables = [a + b for a in "bcdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "al")]
    words, seen = [], set()
    while len(words) < arguments.words:
        word = "".join(draw.choices(syllables, k=draw.randint(1, 4)))
        if word not in seen:
            seen.add(word)
            words.append(word)
    weights = list(accumulate(1 / rank for rank in range(1, arguments.words + 1)))
    titles = []
    for number in range(arguments.titles):
        titles.append(draw.choices(words, cum_weights=weights, k=draw.randint(2, 8)))
    write(arguments.out, "generated.tsv", ((str(n), " ".join(title)) for n, title in enumerate(titles)))
    frequent = [" ".join(draw.sample(words[:100], draw.randint(1, 4))) for _ in range(arguments.queries)]
    mixed = []
    for _ in range(arguments.queries):
        title = draw.choice(titles)
        mixed.append(" ".join(draw.sample(title, min(len(title), draw.randint(2, 4)))))
    for name, queries in [("frequent", frequent), ("mixed", mixed)]:
        write(arguments.out, f"generated.{name}.tsv", ((str(n), text) for n, text in enumerate(queries)))


def titles(arguments):
    with open(arguments.movies, encoding="utf-8") as file:
        rows = [(row["movieId"], line(row["title"])) for row in csv.DictReader(file)]
    write(arguments.out, "titles.tsv", rows)


def cranfield(arguments):
    def parts(name):
        with open(os.path.join(arguments.folder, name), encoding="latin-1") as file:
            for part in re.split(r"^\.I ", file.read(), flags=re.M)[1:]:
                number, _, rest = part.partition("\n")
                fields = re.split(r"^\.([TABW])\n", rest, flags=re.M)
                yield number.strip(), dict(zip(fields[1::2], fields[2::2]))

    documents = ((n, line(f.get("T", "") + " " + f.get("W", ""))) for n, f in parts("cran.all.1400"))
    write(arguments.out, "cranfield.tsv", documents)
    queries = [line(f.get("W", "")) for _, f in parts("cran.qry")]
    write(arguments.out, "cranfield.queries.tsv", ((str(n + 1), text) for n, text in enumerate(queries)))
    with open(os.path.join(arguments.folder, "cranqrel"), encoding="latin-1") as file:
        rows = [(r.split()[0], "0", r.split()[1], "1") for r in file if r.strip()]
    write(arguments.out, "cranfield.qrels", ((" ".join(row),) for row in rows))


def vaswani(arguments):
    def parts(name, pattern):
        with open(os.path.join(arguments.folder, name), encoding="latin-1") as file:
            return re.findall(pattern, file.read(), flags=re.S)

    documents = parts("corpus/doc-text.trec", r"<DOCNO>(\d+)</DOCNO>(.*?)</DOC>")
    write(arguments.out, "vaswani.tsv", ((n, line(text)) for n, text in documents))
    queries = parts("query-text.trec", r"<num>(\d+)</num><title>(.*?)</title>")
    write(arguments.out, "vaswani.queries.tsv", ((n, line(text).lower()) for n, text in queries))
    with open(os.path.join(arguments.folder, "qrels"), encoding="latin-1") as file:
        write(arguments.out, "vaswani.qrels", ((" ".join(row.split()),) for row in file if row.strip()))


def films(arguments):
    def read(name):
        with open(os.path.join(arguments.movielens, name), encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def key(title, year):
        return re.sub(r"[^a-z0-9]", "", re.sub(r"^(the|a|an) |, (the|a|an)$", "", title.lower())), str(year)

    links = {row["movieId"]: row for row in read("links.csv")}
    tags = {}
    for row in read("tags.csv"):
        tags.setdefault(row["movieId"], []).append(row["tag"])
    extracts = {}
    with gzip.open(arguments.wikipedia, "rt", encoding="utf-8") as file:
        for text in file:
            film = json.loads(text)
            extracts[key(film["title"], film["year"])] = film
    with sqlite3.connect(f"file:{arguments.omdb}?mode=ro", uri=True) as connection:
        columns = 'imdbID, Director, Writer, "Cast"'
        people = {row[0]: row[1:] for row in connection.execute(f"SELECT {columns} FROM omdb")}
    rows = []
    for row in read("movies.csv"):
        link = links[row["movieId"]]
        if not link["tmdbId"]:
            continue
        title, _, year = row["title"].strip().rpartition(" (")
        found = extracts.get(key(title, year.rstrip(")")), {})
        director, writer, cast = people.get("tt" + link["imdbId"], ("", "", ""))
        rows.append(
            {
                "id": link["tmdbId"],
                "title": row["title"],
                "genres": row["genres"].split("|"),
                "tags": sorted(set(tags.get(row["movieId"], []))),
                "people": [name for name in (director, writer, cast, ", ".join(found.get("cast", []))) if name],
                "text": line(found.get("extract", "")),
            }
        )
    write(arguments.out, "films.jsonl", rows)
    known = {row["id"] for row in rows}
    queries, judged = {}, []
    with open(arguments.judgments, encoding="utf-8") as file:
        for text in file:
            match = re.match(r"(\d+)\s+qid:(\d+)\s+#\s+(\d+)\s+(.*)", text)
            if match:
                grade, query, film, words = match.groups()
                queries[query] = words.strip()
                if film in known:
                    judged.append((query, "0", film, grade))
    write(arguments.out, "films.queries.tsv", queries.items())
    write(arguments.out, "films.qrels", ((" ".join(row),) for row in judged))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)

    def verb(name, work, *positional):
        sub = verbs.add_parser(name)
        for one in positional:
            sub.add_argument(one)
        sub.set_defaults(work=work)
        return sub

    made = verb("generated", generated, "out")
    for name, value in [("titles", 1_000_000), ("words", 200_000), ("queries", 1_000), ("seed", 1)]:
        made.add_argument(f"--{name}", type=int, default=value)
    verb("titles", titles, "movies", "out")
    verb("cranfield", cranfield, "folder", "out")
    verb("vaswani", vaswani, "folder", "out")
    verb("films", films, "movielens", "wikipedia", "omdb", "judgments", "out")
    arguments = parser.parse_args()
    arguments.work(arguments)


main()
