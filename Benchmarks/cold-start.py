#!/usr/bin/env python3
"""The parts of cold-start.sh that are not the program: who and what is hidden, baselines, scores.

    cold-start.py users RATINGS.csv OUT          hides a fifth of the users
    cold-start.py items RATINGS.csv MOVIES.csv OUT   hides a tenth of the films
    cold-start.py score-users OUT RUN.trec ...   a table a number of events (files are named SYSTEM.K.trec)
    cold-start.py score-items OUT MOVIES.csv RUN.trec ...

users: ratings of at least 4, users with at least 15 of them. OUT/train.tsv is what the others liked, OUT/first.K.tsv what
the hidden ones liked first, in order, and OUT/test.tsv what they liked after the tenth: the same for every K, so that
columns can be compared.
items: the static protocol's cut by user; films by a hash of their id. OUT/train.tsv is what was liked without them,
OUT/test.tsv what users of train liked of them, in either part; OUT/cold.csv says which they are.

Needs numpy for the scores.
"""
import csv
import hashlib
import os
import sys

from lists import read, read_run

COUNTS = (1, 3, 5, 10)


def is_hidden(kind, name, share):
    return int.from_bytes(hashlib.sha256(f"{kind} {name}".encode()).digest()[:8], "big") < share * 2**64


def positives(ratings):
    users = {}
    with open(ratings, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if float(row["rating"]) >= 4:
                users.setdefault(int(row["userId"]), []).append(
                    (int(row["timestamp"]), int(row["movieId"]), row["rating"]))
    return {user: sorted(rows) for user, rows in sorted(users.items())}


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in rows)


def users(ratings, out):
    train, test, first = [], [], {count: [] for count in COUNTS}
    for user, rows in positives(ratings).items():
        lines = [(user, item, rating, time) for time, item, rating in rows]
        if len(rows) >= 15 and is_hidden("user", user, 0.2):
            test += lines[max(COUNTS):]
            for count in COUNTS:
                first[count] += lines[:count]
        elif len(rows) >= 5:
            train += lines
    write(f"{out}/train.tsv", train)
    write(f"{out}/test.tsv", test)
    for count in COUNTS:
        write(f"{out}/first.{count}.tsv", first[count])
    hidden = sorted({row[0] for row in test})
    with open(f"{out}/users.txt", "w", encoding="utf-8") as file:
        file.write(",".join(map(str, hidden)))
    print(f"{len({row[0] for row in train})} users known with {len(train)} likes; "
          f"{len(hidden)} hidden, {len(test)} of their likes asked about")


def items(ratings, movies, out):
    train, test = [], []
    for user, rows in positives(ratings).items():
        if len(rows) < 5:
            continue
        own = [(user, item, rating, time) for time, item, rating in rows]
        train += [row for row in own if not is_hidden("item", row[1], 0.1)]
        test += [row for row in own if is_hidden("item", row[1], 0.1)]
    known = {row[0] for row in train}
    test = [row for row in test if row[0] in known]
    write(f"{out}/train.tsv", train)
    write(f"{out}/test.tsv", test)
    with open(movies, newline="", encoding="utf-8") as file:
        cold = [row["movieId"] for row in csv.DictReader(file) if is_hidden("item", int(row["movieId"]), 0.1)]
    with open(f"{out}/cold.csv", "w", encoding="utf-8") as file:
        file.write("item,cold\n" + "".join(f"{item},true\n" for item in cold))
    print(f"{len(train)} likes known; {len(cold)} films hidden, {len(test)} likes of them asked about")


def ndcg(found, relevant, depth=10):
    import numpy as np
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    gains = np.array([item in relevant for item in found[:depth]], dtype=float)
    return float((gains * discounts[:len(gains)]).sum() / discounts[:min(depth, len(relevant))].sum())


def interval(values):
    """Half of the 95 % interval of a mean, by bootstrap over users."""
    import numpy as np
    drawn = np.random.default_rng(0).integers(0, len(values), (2_000, len(values)))
    low, high = np.percentile(np.asarray(values)[drawn].mean(axis=1), [2.5, 97.5])
    return (high - low) / 2


def fold_in_baselines(out, count):
    """Popularity, and EASE (Steck 2019, lambda 400) over what the known users liked, asked with the first events."""
    import numpy as np
    train, first = read(f"{out}/train.tsv"), read(f"{out}/first.{count}.tsv")
    names = sorted({item for rows in train.values() for item in rows}, key=int)
    column = {item: place for place, item in enumerate(names)}
    matrix = np.zeros((len(train), len(names)), dtype=np.float32)
    for row, liked in enumerate(train.values()):
        matrix[row, [column[item] for item in liked]] = 1
    popularity = matrix.sum(axis=0)
    key = f"{out}/ease.npy"
    if os.path.exists(key):
        weights = np.load(key)
    else:
        gram = (matrix.T @ matrix).astype(np.float64)
        gram[np.diag_indices_from(gram)] += 400
        inverse = np.linalg.inv(gram)
        weights = (inverse / -np.diag(inverse)).astype(np.float32)
        weights[np.diag_indices_from(weights)] = 0
        np.save(key, weights)
    lists = {"popularity (baseline)": {}, "EASE (baseline)": {}}
    for user, liked in first.items():
        asked = np.zeros(len(names), dtype=np.float32)
        seen = [column[item] for item in liked if item in column]
        asked[seen] = 1
        for name, scores in (("popularity (baseline)", popularity.copy()), ("EASE (baseline)", asked @ weights)):
            scores[seen] = -np.inf
            best = np.argsort(-scores, kind="stable")[:100]
            lists[name][user] = [names[place] for place in best]
    return lists


def score_users(out, runs):
    test = {user: set(items) for user, items in read(f"{out}/test.tsv").items()}
    systems = {}
    for path in runs:
        system, count = os.path.basename(path).removesuffix(".trec").rsplit(".", 1)
        systems.setdefault(system, {})[int(count)] = read_run(path)
    for count in COUNTS:
        for name, lists in fold_in_baselines(out, count).items():
            systems.setdefault(name, {})[count] = lists
    print(f"ndcg@10, {len(test)} hidden users\n")
    print(f"{'system':<24}" + "".join(f"{f'{count} events':>18}" for count in COUNTS))
    for system, by_count in systems.items():
        cells = ""
        for count in COUNTS:
            values = [ndcg(by_count[count].get(user, []), test[user]) for user in sorted(test)]
            cells += f"{sum(values) / len(values):10.4f} ±{interval(values):.4f}"
        print(f"{system:<24}{cells}")


def genre_baseline(out, movies):
    """Films that nobody liked, by how much the user likes their genres and how much a film of them is liked."""
    genres = {}
    with open(movies, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            genres[row["movieId"]] = [g for g in row["genres"].split("|") if not g.startswith("(")]
    train = read(f"{out}/train.tsv")
    cold = [line.split(",")[0] for line in open(f"{out}/cold.csv", encoding="utf-8")][1:]
    films, likes = {}, {}
    for item, own in genres.items():
        for genre in own:
            films[genre] = films.get(genre, 0) + 1
    for liked in train.values():
        for item in liked:
            for genre in genres.get(item, []):
                likes[genre] = likes.get(genre, 0) + 1
    popular = {genre: likes.get(genre, 0) / films[genre] for genre in films}
    lists, plain = {}, {}
    # Ties in no order that means anything: ids rise with the year of a film.
    order = sorted(cold, key=lambda item: hashlib.sha256(item.encode()).digest())
    for user, liked in train.items():
        taste = {}
        for item in liked:
            for genre in genres.get(item, []):
                taste[genre] = taste.get(genre, 0) + 1
        total = sum(taste.values()) or 1

        def mean(item, weight):
            own = genres.get(item, [])
            return sum(weight(g) for g in own) / len(own) if own else 0

        lists[user] = sorted(order, key=lambda item: -mean(item, lambda g: popular[g] * taste.get(g, 0) / total))[:50]
        plain[user] = sorted(order, key=lambda item: -mean(item, lambda g: popular[g]))[:50]
    return {"genres of the user (baseline)": lists, "popular genres (baseline)": plain}


def score_items(out, movies, runs):
    test = {user: set(items) for user, items in read(f"{out}/test.tsv").items()}
    systems = {os.path.basename(path).removesuffix(".trec"): read_run(path) for path in runs}
    systems.update(genre_baseline(out, movies))
    print(f"recall@50 among the films that nobody had liked, {len(test)} users\n")
    for system, lists in systems.items():
        values = [len(set(lists.get(u, [])[:50]) & test[u]) / len(test[u]) for u in sorted(test)]
        answered = sum(bool(lists.get(user)) for user in test)
        print(f"{system:<32}{sum(values) / len(values):8.4f} ±{interval(values):.4f}   {answered} users answered")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["users", ratings, out]: users(ratings, out)
        case ["items", ratings, movies, out]: items(ratings, movies, out)
        case ["score-users", out, *runs]: score_users(out, runs)
        case ["score-items", out, movies, *runs]: score_items(out, movies, runs)
        case _: sys.exit(__doc__)
