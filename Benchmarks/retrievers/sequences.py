#!/usr/bin/env python3
"""Sequences of items: to events, and scores of run files.

    sequences.py events SEQUENCES.txt OUT.csv TARGETS.tsv --leave 1|2|... [--order file|blind]
    sequences.py score TARGETS.tsv RUN.trec ...
    sequences.py blend FOLDER PREFIX --settings NAME ... --valid PART ... --test PART

SEQUENCES.txt: a user a line, "user item item ...", in the order of time. Of each user the last --leave items are left
out, and the first of those left out is the target. Events are a minute apart, one user's after the other's, users in the
order of a hash: the files tell the order of a user's items, and no clock that users share (where users stand in a file may
tell what they share, and so may what they left out). `blind` sorts what is known of a user by a hash: nothing of the order
is left, neither to learn from nor to ask with.

`score`: HR@10 and NDCG@10 over all users with a target (who has no list counts 0), each with 1.96 standard errors; then
how much the first run differs from each other one, user by user, with 1.96 standard errors of the difference.

`blend`: a * A^p + (1 - a) * B^p, A directed transitions and B RP3beta, each list's scores as shares of its best. a, p and
which of some settings of both made the lists are chosen by the mean NDCG@10 over the validation parts (other held-out
items), then asked once of the test part. Files are FOLDER/PREFIX-SETTINGS-PART with .tsv, .transitions-recent.trec and
.neighbours.trec behind.
"""
import argparse
import hashlib
import math


def sequences(path):
    for line in open(path, encoding="utf-8"):
        user, *items = line.split()
        yield user, items


def hashed(text):
    return hashlib.sha256(text.encode()).digest()


def events(args):
    with open(args.out, "w") as out, open(args.targets, "w") as targets:
        print("user,item,time", file=out)
        clock = 0
        for user, items in sorted(sequences(args.sequences), key=lambda line: hashed(line[0])):
            known, left = items[: -args.leave], items[-args.leave :]
            if args.order == "blind":
                known.sort(key=lambda item: hashed(f"{user} {item}"))
            for item in known:
                print(f"{user},{item},{clock}", file=out)
                clock += 60
            if known:
                print(user, left[0], sep="\t", file=targets)


def read_targets(path):
    return dict(line.split() for line in open(path, encoding="utf-8"))


def read_run(path):
    lists = {}
    for line in open(path, encoding="utf-8"):
        user, _, item, _, score, _ = line.split()
        lists.setdefault(user, {})[item] = float(score)
    return lists


def gains(targets, lists):
    """NDCG@10 of each user: above 0 where the target is among the first ten."""
    values = []
    for user, target in targets.items():
        scores = lists.get(user, {})
        best = sorted(scores, key=lambda item: (-scores[item], item))[:10] if target in scores else []
        values.append(1 / math.log2(best.index(target) + 2) if target in best else 0.0)
    return values


def measure(targets, lists):
    values = gains(targets, lists)
    return sum(value > 0 for value in values) / len(targets), sum(values) / len(targets)


def mean(values):
    middle = sum(values) / len(values)
    variance = sum((value - middle) ** 2 for value in values) / max(1, len(values) - 1)
    return middle, 1.96 * math.sqrt(variance / len(values))


def score(args):
    targets = read_targets(args.targets)
    names = [path.rsplit("/", 1)[-1].removesuffix(".trec") for path in args.runs]
    runs = [gains(targets, read_run(path)) for path in args.runs]
    for name, values in zip(names, runs):
        hits = [float(value > 0) for value in values]
        print("{:<40} HR@10 {:.4f} ± {:.4f}  NDCG@10 {:.4f} ± {:.4f}  {} users".format(
            name, *mean(hits), *mean(values), len(targets)))
    for name, values in zip(names[1:], runs[1:]):
        print("{} - {}: NDCG@10 {:+.4f} ± {:.4f}".format(
            names[0], name, *mean([a - b for a, b in zip(runs[0], values)])))


def shares(lists):
    result = {}
    for user, own in lists.items():
        best = max(own.values())
        result[user] = {item: value / best for item, value in own.items()}
    return result


def mix(a, b, share, power):
    mixed = {}
    for user in a.keys() | b.keys():
        scores = {}
        for lists, weight in ((a, share), (b, 1 - share)):
            for item, value in lists.get(user, {}).items():
                scores[item] = scores.get(item, 0) + weight * value**power
        mixed[user] = scores
    return mixed


def blend(args):
    def read(settings, part):
        path = f"{args.folder}/{args.prefix}-{settings}-{part}"
        return (read_targets(path + ".tsv"), shares(read_run(path + ".transitions-recent.trec")),
                shares(read_run(path + ".neighbours.trec")))

    found = {}
    for settings in args.settings:
        parts = [read(settings, part) for part in args.valid]
        for power in (1, 0.5):
            for step in range(1, 10):
                measured = [measure(targets, mix(a, b, step / 10, power)) for targets, a, b in parts]
                found[settings, power, step / 10] = [sum(column) / len(column) for column in zip(*measured)]
    for settings in args.settings:
        key = max((key for key in found if key[0] == settings), key=lambda key: (found[key][1], key))
        print("{}: p = {}, a = {}: validation HR@10 {:.4f} NDCG@10 {:.4f}".format(*key, *found[key]))
    key = max(found, key=lambda key: (found[key][1], key))
    targets, a, b = read(key[0], args.test)
    print("chosen: {}, p = {}, a = {}: test HR@10 {:.4f} NDCG@10 {:.4f}".format(
        *key, *measure(targets, mix(a, b, key[2], key[1]))))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
verbs = parser.add_subparsers(required=True)
verb = verbs.add_parser("events")
verb.set_defaults(run=events)
for name in ("sequences", "out", "targets"):
    verb.add_argument(name)
verb.add_argument("--leave", type=int, default=1)
verb.add_argument("--order", choices=["file", "blind"], default="file")
verb = verbs.add_parser("score")
verb.set_defaults(run=score)
verb.add_argument("targets")
verb.add_argument("runs", nargs="+")
verb = verbs.add_parser("blend")
verb.set_defaults(run=blend)
verb.add_argument("folder")
verb.add_argument("prefix")
verb.add_argument("--settings", nargs="+", required=True)
verb.add_argument("--valid", nargs="+", required=True)
verb.add_argument("--test", required=True)
args = parser.parse_args()
args.run(args)
