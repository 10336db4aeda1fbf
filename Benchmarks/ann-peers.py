#!/usr/bin/env python3
"""Sweeps a library's parameters on a dataset, or measures points that a sweep found; prints a JSON line a point.

    ann-peers.py LIBRARY DATASET [--goals 10:.95,10:.99,200:.98] [--budget SECONDS] [--start JSON] [--saved FOLDER]
                                 [--resume SWEEP.jsonl]
    ann-peers.py LIBRARY DATASET --points SWEEP.jsonl [--saved FOLDER] [--rebuild-under SECONDS]
    ann-peers.py --list

DATASET is a path without suffix, as ann-datasets.py writes it. Builds have two threads, searches one. Times are of
single queries, one after another, after a pass that warms up: medians of five passes (of two, where those take two
seconds).

A sweep goes along one parameter at a time (the classes in ann/ have them in order) from the best configuration so far
for each goal, until all were tried or the budget is spent (a quarter of an hour, if not said), and then says so on
standard error. Each configuration has a process of its own. What it builds is kept in FOLDER, if one is named (graphs
over a million vectors take a quarter of an hour: the rounds need not build them once more). With --resume it goes on
from what an earlier sweep printed, and prints only what is new.

With --points the library's fastest point of SWEEP.jsonl for each goal, and its fastest build that reaches the goal at
half that speed or more, are measured again, on indexes that are kept in FOLDER, except that one which built in fewer
than --rebuild-under seconds is built again, to time that again.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from ann import LIBRARIES
from ann import sweep as one


def say(text):
    print(text, file=sys.stderr, flush=True)


def apart(work, job):
    """Runs work(job) in a fresh process: memory is then its own, and a crash does not end the sweep."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, job).result()


def place(saved, library, dataset, configuration):
    """Where an index of this configuration is kept."""
    key = json.dumps(configuration, sort_keys=True)
    mark = hashlib.sha256(f"{library} {os.path.basename(dataset)} {key}".encode()).hexdigest()[:16]
    return os.path.join(saved, mark)


def sweep(library, dataset, goals, budget, start, saved=None, earlier=()):
    kind = like(library, dataset)
    axes = list(kind.axes())
    first = {**{name: values[0] for name, values in axes}, **start}
    seen, best, chosen = set(), {}, {}
    ends = time.monotonic() + budget

    def learn(point):
        goal = goals.index((point["k"], point["goal"]))
        if point["qps_single"] > best.get(goal, 0) and point["recall"] >= point["goal"]:
            best[goal], chosen[goal] = point["qps_single"], point["build"]

    for point in earlier:
        seen.add(json.dumps(point["build"], sort_keys=True))
        learn(point)
    begun = len(seen)

    def tried(configuration):
        key = json.dumps(configuration, sort_keys=True)
        if key in seen or not kind.sensible(configuration):
            return True
        if len(seen) > begun and time.monotonic() > ends:
            return False
        seen.add(key)
        began = time.monotonic()
        job = {"lib": library, "dataset": dataset, "build": configuration, "goals": goals, "best": dict(best)}
        if saved:
            job |= {"saved": place(saved, library, dataset, configuration), "scratch": saved}
        try:
            points = apart(one.evaluate, job)
        except Exception as error:  # a configuration that a library refuses is one less to choose from
            say(f"{library}: {key}: {type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}")
            return True
        for point in points:
            print(json.dumps(point), flush=True)
            learn(point)
        told = ", ".join(f"{point['qps_single']:,.0f}" for point in points)
        say(f"{library}: {key}: {told} [{time.monotonic() - began:.0f} s]")
        return True

    whole = tried(first)
    for name, values in axes:
        for value in values:
            for configuration in [*(chosen[goal] for goal in sorted(chosen)), *([] if chosen else [first])]:
                whole = tried({**configuration, name: value}) and whole
    if not whole:
        say(f"{library}: {os.path.basename(dataset)}: the budget of {budget:.0f} s was spent before all was tried")


def like(library, dataset):
    """The library, for its axes alone: the vectors are not read into memory."""
    with open(dataset + ".json", encoding="utf-8") as file:
        return LIBRARIES[library](np.load(dataset + ".base.npy", mmap_mode="r"), json.load(file)["metric"])


def points_of(library, dataset, file):
    with open(file, encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    return [p for p in told if p["lib"] == library and p["dataset"] == os.path.basename(dataset)]


def again(library, dataset, file, saved, rebuild_under):
    told = points_of(library, dataset, file)
    wanted = {}
    for k, goal in sorted({(p["k"], p["goal"]) for p in told}):
        reached = [p for p in told if (p["k"], p["goal"]) == (k, goal) and p["recall"] >= goal]
        full = [p for p in reached if p["passes"] > 1]
        if not full:
            continue
        fastest = max(full, key=lambda p: p["qps_single"])
        quickest = min((p for p in reached if p["qps_single"] >= fastest["qps_single"] / 2), key=lambda p: p["build_s"])
        for p in [fastest, quickest]:
            key = json.dumps(p["build"], sort_keys=True)
            entry = wanted.setdefault(key, (p, []))
            point = (k, goal, p["search"]["knob"], p["search"]["depth"])
            if point not in entry[1]:
                entry[1].append(point)
    for p, points in wanted.values():
        folder = None
        if saved:
            folder = place(saved, library, dataset, p["build"])
            if p["build_s"] < rebuild_under and os.path.isdir(folder):
                folder = None
        job = {
            "lib": library,
            "dataset": dataset,
            "build": p["build"],
            "saved": folder,
            "scratch": saved,
            "points": points,
        }
        for point in apart(one.measure, job):
            print(json.dumps(point), flush=True)


def main():
    if sys.argv[1:] == ["--list"]:
        print(*LIBRARIES)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("dataset")
    parser.add_argument("--goals", default="10:.95,10:.99,200:.98")
    parser.add_argument("--budget", type=float, default=900)
    parser.add_argument("--start", type=json.loads, default={})
    parser.add_argument("--resume")
    parser.add_argument("--points")
    parser.add_argument("--saved")
    parser.add_argument("--rebuild-under", type=float, default=30)
    arguments = parser.parse_args()
    if not os.path.exists(arguments.dataset + ".json"):
        sys.exit(f"error: {arguments.dataset}.json is not there: make the dataset with ann-datasets.py")
    if arguments.saved:
        os.makedirs(arguments.saved, exist_ok=True)
    if arguments.points:
        again(arguments.library, arguments.dataset, arguments.points, arguments.saved, arguments.rebuild_under)
        return
    goals = [(int(k), float(goal)) for k, goal in (pair.split(":") for pair in arguments.goals.split(","))]
    earlier = points_of(arguments.library, arguments.dataset, arguments.resume) if arguments.resume else ()
    sweep(arguments.library, arguments.dataset, goals, arguments.budget, arguments.start, arguments.saved, earlier)


if __name__ == "__main__":
    main()
