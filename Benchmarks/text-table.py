#!/usr/bin/env python3
"""Medians of the rounds of text.sh as a table, with each figure's ratio to the best peer's (above 1 = ours is better)."""

import json
import statistics
import sys

COLUMNS = [
    ("qps", "queries/s", True), ("p50Micros", "p50 us", False), ("p99Micros", "p99 us", False),
    ("maxMicros", "max us", False), ("buildSeconds", "build s", False), ("bytes", "MB", False),
    ("ndcg10", "ndcg@10", True), ("map", "map", True),
]  # fmt: skip

found = {}
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        collection, library, point = line.rstrip("\n").split("\t")
        found.setdefault(collection, {}).setdefault(library, []).append(json.loads(point))


def shown(name, value):
    if value is None:
        return "-"
    if name == "bytes":
        return f"{value / 1e6:,.1f}"
    return f"{value:.4f}" if name in ("ndcg10", "map") else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


print("| collection | | " + " | ".join(title for _, title, _ in COLUMNS) + " |")
print("|---|---|" + "---|" * len(COLUMNS))
for collection, libraries in found.items():
    medians = {}
    for library, points in libraries.items():
        medians[library] = {
            name: statistics.median(p[name] for p in points) if all(p.get(name) is not None for p in points) else None
            for name, _, _ in COLUMNS
        }
        cells = [shown(name, medians[library][name]) for name, _, _ in COLUMNS]
        print(f"| {collection} | {library} | " + " | ".join(cells) + " |")
    ours = medians.pop("magpie", None)
    if ours and medians:
        cells = []
        for name, _, more in COLUMNS:
            peers = [m[name] for m in medians.values() if m[name]]
            if not peers or not ours[name]:
                cells.append("-")
            else:
                cells.append(f"{ours[name] / max(peers) if more else min(peers) / ours[name]:.2f}x")
        print(f"| {collection} | ratio to the best peer | " + " | ".join(cells) + " |")
