#!/usr/bin/env python3
"""Scores TREC run files against held-out positives with pytrec_eval, and compares the first with each other one.

    score.py TEST.tsv FIRST.trec OTHER.trec ...

TEST.tsv: user, item, ...; tab-separated, no header. Every user of the test counts, also one without a list (0).
ndcg@10 with binary gains, recall@20; means over users. The comparison is a paired bootstrap over users: 10,000
resamples with a fixed seed, 95 % percentile interval of the mean difference in ndcg@10.
"""
import os
import sys

import numpy as np
import pytrec_eval

NDCG, RECALL = "ndcg_cut_10", "recall_20"


def read_test(path):
    relevant = {}
    for line in open(path, encoding="utf-8"):
        user, item, *_ = line.rstrip("\n").split("\t")
        relevant.setdefault(user, {})[item] = 1
    return relevant


def read_run(path):
    lists = {}
    for line in open(path, encoding="utf-8"):
        user, _, item, _, score, _ = line.split()
        lists.setdefault(user, {})[item] = float(score)
    return lists


def main(test, runs):
    relevant = read_test(test)
    users = sorted(relevant)
    evaluator = pytrec_eval.RelevanceEvaluator(relevant, {"ndcg_cut.10", "recall.20"})
    ndcg = {}
    print(f"{'run':<24} {'ndcg@10':>8} {'recall@20':>10} {'users':>6}")
    for path in runs:
        values = evaluator.evaluate(read_run(path))
        name = os.path.splitext(os.path.basename(path))[0]
        ndcg[name] = np.array([values.get(user, {}).get(NDCG, 0.0) for user in users])
        recall = np.mean([values.get(user, {}).get(RECALL, 0.0) for user in users])
        print(f"{name:<24} {ndcg[name].mean():8.4f} {recall:10.4f} {len(users):6}")
    random = np.random.default_rng(0)
    drawn = random.integers(0, len(users), (10_000, len(users)))
    names = list(ndcg)
    print()
    for other in names[1:]:
        difference = ndcg[names[0]] - ndcg[other]
        means = difference[drawn].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        print(f"{names[0]} - {other}: {difference.mean():+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
