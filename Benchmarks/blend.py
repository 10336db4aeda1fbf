"""What an item's text is worth while it has few events: the data and the score of blend.sh.

    blend.py make TRAIN.tsv N TRAIN_OUT.tsv HELD_OUT.tsv   of 120 well-known items only the first N positives stay
    blend.py score RUN.trec HELD.tsv                       share of the removed (user, item) pairs among the run's first 100

TRAIN.tsv: user, item, rating, timestamp; tab-separated, no header. A rating of at least 4 is a positive.
"""
import collections
import hashlib
import sys

ITEMS, KNOWN, DEPTH = 120, 60, 100


def rows(path):
    return [line.split("\t") for line in open(path).read().splitlines()]


def make(train, n, kept_file, held_file):
    all_rows = rows(train)
    positives = collections.defaultdict(list)
    for row in all_rows:
        if float(row[2]) >= 4:
            positives[row[1]].append(row)
    known = [item for item, own in positives.items() if len(own) >= KNOWN]
    chosen = sorted(known, key=lambda item: hashlib.sha256(item.encode()).hexdigest())[:ITEMS]
    held = []
    for item in chosen:
        held += sorted(positives[item], key=lambda row: (int(row[3]), row[0]))[n:]
    gone = {(row[0], row[1]) for row in held}
    # A dislike of one of them would tell of it as well.
    hidden = set(chosen)
    kept = [
        row for row in all_rows
        if (row[0], row[1]) not in gone and not (row[1] in hidden and float(row[2]) < 4)
    ]
    open(kept_file, "w").write("".join("\t".join(row) + "\n" for row in kept))
    open(held_file, "w").write("".join("\t".join(row[:2]) + "\n" for row in held))


def score(run, held):
    first = collections.defaultdict(set)
    for line in open(run):
        user, _, item, rank = line.split()[:4]
        if int(rank) <= DEPTH:
            first[user].add(item)
    pairs = rows(held)
    found = sum(item in first[user] for user, item in pairs)
    print(f"{found / max(1, len(pairs)):.4f} of {len(pairs)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"] and len(sys.argv) == 6:
        make(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
    elif sys.argv[1:2] == ["score"] and len(sys.argv) == 4:
        score(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
