#!/usr/bin/env python3
"""V-SKNN (Ludewig and Jannach 2018, "Evaluation of Session-based Recommendation Algorithms", section 3.3), written
from the paper as plainly as can be, to compare a faster one with.

    vsknn.py TRAIN.txt TEST.tsv [--score paper|program] [--valid] [--sample 1000] [--neighbours 200] [--count 20]

TRAIN: a session a line, items in order, oldest session first. TEST: "item item ...<tab>target". Prints P@20 (the share of
the targets among the first 20; one target a prefix) and MRR@20. A session is a set of items; the present session is a
vector whose weights fall linearly from 1 at the newest item; the similarity is the dot product; of the sessions that
share an item the newest `sample` are looked at and the most similar `neighbours` (of equals the newer) add their
similarity to each of their items. `program` divides what a neighbour adds by the place, from 1, of the newest item that
it shares, as the authors' published program does. --valid asks the last tenth of the training sessions instead, each
after its last item but one, with the rest to learn from; TEST is then not read.
"""
import argparse
import collections


def rank(sessions, by_item, present, args):
    distinct = list(dict.fromkeys(reversed(present)))[: args.items]  # newest first
    weight = {item: (len(distinct) - place) / len(distinct) for place, item in enumerate(distinct)}
    related = set()
    for item in distinct:
        related.update(by_item.get(item, ()))
    newest = sorted(related, reverse=True)[: args.sample]
    similar = sorted(((-round(sum(weight[i] for i in distinct if i in sessions[n]), 6), -n) for n in newest))
    scores = collections.defaultdict(float)
    for negative, minus in similar[: args.neighbours]:
        others = sessions[-minus]
        value = -negative
        if args.score == "program":
            value /= 1 + next(place for place, item in enumerate(distinct) if item in others)
        for item in others:
            scores[item] += value
    return sorted(scores, key=lambda item: (-scores[item], item))[: args.count]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test", nargs="?")
    parser.add_argument("--score", choices=["paper", "program"], default="paper")
    parser.add_argument("--valid", action="store_true")
    parser.add_argument("--singles", action="store_true", help="keep sessions of one item")
    for name, value in (("sample", 1000), ("neighbours", 200), ("items", 20), ("count", 20)):
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()
    train = [line.split() for line in open(args.train)]
    if args.valid:
        cut = len(train) * 9 // 10
        asked = [(session[:-1], session[-1]) for session in train[cut:] if len(session) > 1]
        train = train[:cut]
    else:
        rows = (line.rstrip("\n").split("\t") for line in open(args.test))
        asked = [(prefix.split(), target) for prefix, target in rows]
    sessions = [s for s in map(set, train) if len(s) > 1 or args.singles]
    by_item = collections.defaultdict(list)
    for number, items in enumerate(sessions):
        for item in items:
            by_item[item].append(number)
    hits = reciprocal = 0
    for prefix, target in asked:
        found = rank(sessions, by_item, prefix, args)
        if target in found:
            hits += 1
            reciprocal += 1 / (1 + found.index(target))
    print(f"V-SKNN ({args.score}): P@{args.count} {hits / len(asked):.4f}  MRR@{args.count} {reciprocal / len(asked):.4f}"
          f"  {len(asked)} prefixes")


main()
