#!/usr/bin/env python3
"""Sequences of items: to events, and scores of run files.

    sequences.py events SEQUENCES.txt OUT.csv TARGETS.tsv --leave 1|2 [--order file|blind]
    sequences.py score TARGETS.tsv RUN.trec ...
    sequences.py blend VALID.tsv A_VALID.trec B_VALID.trec TEST.tsv A_TEST.trec B_TEST.trec

SEQUENCES.txt: a user a line, "user item item ...", in the order of time. Of each user the last --leave items are left
out, and the first of those left out is the target. Events are a minute apart. `blind` sorts what is known of a user by a
hash: nothing of the order is left, neither to learn from nor to ask with.

`score`: HR@10 and NDCG@10 over all users with a target (who has no list counts 0). `blend`: a * A + (1 - a) * B, each
list's scores as shares of its best; a by NDCG@10 on VALID, then once on TEST.
"""
import argparse
import hashlib
import math


def sequences(path):
    for line in open(path, encoding="utf-8"):
        user, *items = line.split()
        yield user, items


def events(args):
    with open(args.out, "w") as out, open(args.targets, "w") as targets:
        print("user,item,time", file=out)
        for user, items in sequences(args.sequences):
            known, left = items[: -args.leave], items[-args.leave :]
            if args.order == "blind":
                known.sort(key=lambda item: hashlib.sha256(f"{user} {item}".encode()).digest())
            for place, item in enumerate(known):
                print(f"{user},{item},{place * 60}", file=out)
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


def measure(targets, lists):
    hits = gain = 0
    for user, target in targets.items():
        scores = lists.get(user, {})
        if target not in scores:
            continue
        best = sorted(scores, key=lambda item: (-scores[item], item))[:10]
        if target in best:
            hits += 1
            gain += 1 / math.log2(best.index(target) + 2)
    return hits / len(targets), gain / len(targets)


def score(args):
    targets = read_targets(args.targets)
    for path in args.runs:
        hr, ndcg = measure(targets, read_run(path))
        print(f"{path.rsplit('/', 1)[-1]:<40} HR@10 {hr:.4f}  NDCG@10 {ndcg:.4f}  {len(targets)} users")


def mix(a, b, share):
    mixed = {}
    for user in a.keys() | b.keys():
        scores = {}
        for lists, weight in ((a, share), (b, 1 - share)):
            own = lists.get(user, {})
            best = max(own.values(), default=0)
            for item, value in own.items():
                scores[item] = scores.get(item, 0) + weight * value / best
        mixed[user] = scores
    return mixed


def blend(args):
    valid, a, b = read_targets(args.valid), read_run(args.a_valid), read_run(args.b_valid)
    shares = [step / 20 for step in range(21)]
    found = {share: measure(valid, mix(a, b, share)) for share in shares}
    best = max(shares, key=lambda share: (found[share][1], -share))
    hr, ndcg = measure(read_targets(args.test), mix(read_run(args.a_test), read_run(args.b_test), best))
    print(f"a = {best:.2f}: validation HR@10 {found[best][0]:.4f} NDCG@10 {found[best][1]:.4f}; "
          f"test HR@10 {hr:.4f} NDCG@10 {ndcg:.4f}")


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
for name in ("valid", "a_valid", "b_valid", "test", "a_test", "b_test"):
    verb.add_argument(name)
args = parser.parse_args()
args.run(args)
