#!/usr/bin/env python3
"""Tables of the vector index beside its peers, in Markdown: one a dataset and goal.

    ann-table.py [--ours DATASET=FILE ...] [--goals 10:.95,10:.99,200:.98] PEERS.jsonl ...

PEERS.jsonl is what ann-peers.py prints, FILE what `magpie bench index --json` prints on DATASET. Lines about the same
point, from several rounds, are brought together by their medians. At a goal each library stands with its fastest point
that reaches it. All queries/s are of single queries, one after another, on one thread, except *batch*: asked many at a
time, still on one thread (ours is asked so on all threads only, which its lines have as qpsBatch, and is blank here).
*Empty call* is what the same Python call costs on 100 vectors; ours is called without Python and has no such cost.
*Ours* is our queries/s divided by the library's. Below each table stands the fastest build of each library that reaches
the goal at half its own best speed or more.
"""

import argparse
import json
import sys
from statistics import median

NUMBERS = ("recall", "recall_by_id", "qps_single", "p50_us", "p99_us", "qps_batch", "build_s", "bytes_disk",
           "bytes_memory", "overhead_us")  # fmt: skip
OURS = {
    "recall": "recall", "qps": "qps_single", "p50Micros": "p50_us", "p99Micros": "p99_us", "buildSeconds": "build_s",
    "diskBytesPerVector": "bytes_disk", "memoryBytesPerVector": "bytes_memory",
}  # fmt: skip
NAME = "**Magpie**"


def lines(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    sys.exit(f"error: {path}: line {number}: {error}")


def together(points):
    """One point for each dataset, library, configuration, k and goal: the medians of what its lines say, over those
    that were measured in full if there are any. (The knob may be a hair wider in one round than in another.)"""
    groups = {}
    for point in points:
        depth = point.get("search", {}).get("depth")
        what = json.dumps([point["dataset"], point["lib"], point.get("build"), depth, point["k"], point["goal"]])
        groups.setdefault(what, []).append(point)
    for group in groups.values():
        full = [point for point in group if point.get("passes", 5) > 1] or group
        merged = {**full[-1], "runs": len(full)}
        for name in NUMBERS:
            told = [point[name] for point in (group if name == "build_s" else full) if point.get(name) is not None]
            merged[name] = median(told) if told else None
        yield merged


def ours(dataset, path):
    for point in lines(path):
        params = "" if point.get("targetRecall") is None else f"target recall {point['targetRecall']:g}"
        yield {"dataset": dataset, "lib": NAME, "params": params, "k": point["k"], "goal": point.get("targetRecall"),
               **{mine: point.get(theirs) for theirs, mine in OURS.items()}}  # fmt: skip


def number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def row(point, base):
    ratio = "" if base is None or point["lib"] == NAME else f"{base['qps_single'] / point['qps_single']:.2f}"
    cells = [
        f"{point['lib']} {point.get('version', '')}".strip(),
        point["params"],
        f"{point['recall']:.4f}",
        number(point["qps_single"]),
        number(point["p50_us"], 1),
        number(point["p99_us"], 1),
        number(point["qps_batch"]),
        number(point["build_s"], 1),
        number(point["bytes_disk"]),
        number(point["bytes_memory"]),
        number(point["overhead_us"], 1),
        ratio,
    ]
    return f"| {' | '.join(cells)} |"


COLUMNS = (
    "library | parameters | recall | queries/s | p50 µs | p99 µs | batch | build s | bytes a vector on disk"
    " | in memory | empty call µs | ours"
)
HEAD = f"| {COLUMNS} |\n|---|---|{'--:|' * 10}"


def tables(points, goals):
    for dataset in dict.fromkeys(point["dataset"] for point in points):
        for k, goal in goals:
            reached = [p for p in points if p["dataset"] == dataset and p["k"] == k and p["recall"] >= goal]
            if not reached:
                continue
            fastest, quickest = [], []
            for lib in dict.fromkeys(point["lib"] for point in reached):
                mine = [point for point in reached if point["lib"] == lib]
                best = max(mine, key=lambda point: point["qps_single"])
                fastest.append(best)
                timed = [p for p in mine if p["build_s"] is not None and p["qps_single"] >= best["qps_single"] / 2]
                quickest += [min(timed, key=lambda point: point["build_s"])] if timed else []
            fastest.sort(key=lambda point: -point["qps_single"])
            quickest.sort(key=lambda point: point["build_s"])
            base = next((point for point in fastest if point["lib"] == NAME), None)
            print(f"\n### {dataset}, k = {k}, recall at least {goal:g}\n\n{HEAD}")
            for point in fastest:
                print(row(point, base))
            said = [
                f"{p['lib']} {number(p['build_s'], 1)} s ({number(p['qps_single'])}/s; {p['params']})" for p in quickest
            ]
            if said:
                print(f"\nFastest builds: {'; '.join(said)}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", action="append", default=[], metavar="DATASET=FILE")
    parser.add_argument("--goals", default="10:.95,10:.99,200:.98")
    parser.add_argument("peers", nargs="*")
    arguments = parser.parse_args()
    points = []
    for pair in arguments.ours:
        dataset, _, path = pair.partition("=")
        points += ours(dataset, path)
    for path in arguments.peers:
        points += lines(path)
    goals = [(int(k), float(goal)) for k, goal in (pair.split(":") for pair in arguments.goals.split(","))]
    tables(list(together(points)), goals)


if __name__ == "__main__":
    main()
