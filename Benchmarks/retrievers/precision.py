#!/usr/bin/env python3
"""P@20 and MRR@20 of run files, one target a user: precision.py TARGETS.tsv RUN.trec ...

Of more than one run, how much the first differs from each other one, target by target, with 1.96 standard errors.
"""
import sys

targets = dict(line.split() for line in open(sys.argv[1], encoding="utf-8"))


def reciprocals(path):
    found = dict.fromkeys(targets, 0.0)
    for line in open(path, encoding="utf-8"):
        user, _, item, place, *_ = line.split()
        if int(place) <= 20 and targets.get(user) == item:
            found[user] = 1 / int(place)
    return list(found.values())


def mean(values):
    return sum(values) / len(values)


def difference(a, b):
    values = [x - y for x, y in zip(a, b)]
    middle = mean(values)
    error = (sum((value - middle) ** 2 for value in values) / (len(values) - 1) / len(values)) ** 0.5
    return f"{middle:+.4f} ± {1.96 * error:.4f}"


runs = {path.rsplit("/", 1)[-1]: reciprocals(path) for path in sys.argv[2:]}
for name, found in runs.items():
    print(f"{name:<24} P@20 {mean([x > 0 for x in found]):.4f}  MRR@20 {mean(found):.4f}  {len(found)} prefixes")
first, *others = runs.items()
for name, found in others:
    hits = difference([x > 0 for x in first[1]], [x > 0 for x in found])
    print(f"{first[0]} - {name}: P@20 {hits}, MRR@20 {difference(first[1], found)}")
