#!/usr/bin/env python3
"""Accuracy of TREC run files, and what their lists look like, a line each; the first run is what the others are
compared with.

    table.py TRAIN.tsv TEST.tsv MOVIES.csv FIRST.trec OTHER.trec ...

ndcg@10 and recall@20 as score.py; the difference to the first in ndcg@10 with its 95 % interval (paired bootstrap, 10,000
resamples). tail@50: recall of the test items outside the fewest that make 80 % of the training positives, over the users
who have one. coverage@10, Gini@10: over the films of MOVIES.csv and of TRAIN. Needs numpy.
"""
import csv
import os
import sys

import numpy as np

from lists import read, read_run


def tail_of(train):
    counts = {}
    for liked in train.values():
        for item in liked:
            counts[item] = counts.get(item, 0) + 1
    head, total, goal = set(), 0, 0.8 * sum(counts.values())
    for item in sorted(counts, key=lambda item: (-counts[item], item)):
        if total >= goal:
            break
        head.add(item)
        total += counts[item]
    return lambda item: item not in head


def gini(counts):
    counts = np.sort(counts)
    n = len(counts)
    return float(((2 * np.arange(1, n + 1) - n - 1) * counts).sum() / (n * counts.sum()))


def main(train, test, movies, runs):
    train, test = read(train), {user: set(items) for user, items in read(test).items()}
    is_tail = tail_of(train)
    with open(movies, newline="", encoding="utf-8") as file:
        catalogue = {row["movieId"] for row in csv.DictReader(file)} | {i for own in train.values() for i in own}
    place = {item: number for number, item in enumerate(sorted(catalogue))}
    users = sorted(test)
    discounts = 1 / np.log2(np.arange(2, 12))
    drawn = np.random.default_rng(0).integers(0, len(users), (10_000, len(users)))
    first = None
    print(f"{'system':<24}{'ndcg@10':>8}{'difference to the first':>28}{'recall@20':>11}{'tail@50':>9}"
          f"{'coverage@10':>13}{'Gini@10':>9}")
    for path in runs:
        run = read_run(path)
        ndcg, recall, tails, shown = [], [], [], np.zeros(len(place))
        for user in users:
            found = run.get(user, [])
            gains = np.array([item in test[user] for item in found[:10]], dtype=float)
            ndcg.append((gains * discounts[:len(gains)]).sum() / discounts[:min(10, len(test[user]))].sum())
            recall.append(len(set(found[:20]) & test[user]) / len(test[user]))
            tail = {item for item in test[user] if is_tail(item)}
            if tail:
                tails.append(len(set(found[:50]) & tail) / len(tail))
            for item in found[:10]:
                shown[place[item]] += 1
        ndcg = np.array(ndcg)
        difference = ""
        if first is None:
            first = ndcg
        else:
            low, high = np.percentile((ndcg - first)[drawn].mean(axis=1), [2.5, 97.5])
            difference = f"{(ndcg - first).mean():+.4f} [{low:+.4f}, {high:+.4f}]"
        name = os.path.basename(path).removesuffix(".trec")
        print(f"{name:<24}{ndcg.mean():8.4f}{difference:>28}{np.mean(recall):11.4f}{np.mean(tails):9.4f}"
              f"{(shown > 0).mean():13.4f}{gini(shown):9.4f}")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
