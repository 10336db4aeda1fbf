#!/usr/bin/env python3
"""Medians of what embed.sh wrote, ours beside the peer's, and how many times as fast ours is.

    embed-table.py FOLDER        with SET.ours.jsonl and SET.PEER.jsonl
"""
import json
import pathlib
import statistics
import sys


def median(lines, read):
    values = [read(line) for line in lines]
    return None if any(value is None for value in values) else statistics.median(values)


def main(folder):
    print("| set | | a second | ratio | a second of processor time | ratio | seconds | MB | ndcg@10 | hit@10 | recall@20 |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for ours in sorted(pathlib.Path(folder).glob("*.ours.jsonl")):
        name = ours.name.removesuffix(".ours.jsonl")
        speeds, rates = [], []
        for file in [ours] + sorted(set(ours.parent.glob(f"{name}.*.jsonl")) - {ours}):
            lines = [json.loads(line) for line in file.read_text().splitlines()]
            unit = "pairs" if "pairsPerSecond" in lines[0] else "cells"
            speeds.append(median(lines, lambda line: line[f"{unit}PerSecond"]))
            done = (lambda line: line["pairs"]) if unit == "pairs" else (lambda line: 2 * line["epochs"] * line["cells"])
            rates.append(median(lines, lambda line: done(line) / line["cpuSeconds"]))
            who = "magpie" if file is ours else lines[0]["model"]
            quality = [median(lines, lambda line: line["quality"].get(key)) for key in ("ndcg@10", "hit@10", "recall@20")]
            cells = [
                f"{name} ({len(lines)} runs)", who, f"{speeds[-1]:,.0f} {unit}", f"{speeds[0] / speeds[-1]:.2f}",
                f"{rates[-1]:,.0f}", f"{rates[0] / rates[-1]:.2f}",
                f"{median(lines, lambda line: line['seconds']):.2f}",
                f"{median(lines, lambda line: line['peakBytes']) / 1e6:,.0f}",
            ] + ["-" if value is None else f"{value:.4f}" for value in quality]
            print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
