#!/usr/bin/env python3
"""P@20 and MRR@20 of a run file, one target a user: precision.py TARGETS.tsv RUN.trec ..."""
import sys

targets = dict(line.split() for line in open(sys.argv[1], encoding="utf-8"))
for path in sys.argv[2:]:
    hits = reciprocal = 0
    for line in open(path, encoding="utf-8"):
        user, _, item, place, *_ = line.split()
        if int(place) <= 20 and targets.get(user) == item:
            hits += 1
            reciprocal += 1 / int(place)
    print(f"{path.rsplit('/', 1)[-1]:<24} P@20 {hits / len(targets):.4f}  MRR@20 {reciprocal / len(targets):.4f}"
          f"  {len(targets)} prefixes")
