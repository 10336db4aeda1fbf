"""One configuration of one library on one dataset, in a process of its own: built, then led to every goal.

A goal is a pair (k, recall). For each the knob's least value that reaches it is found by bisection; where the library
scores candidates again, the depth of that is walked from a middle value towards faster ones. The points that might be
the library's best are then measured in full.
"""

import math
import os
import tempfile
import time

import numpy as np
import threadpoolctl

from . import LIBRARIES
from .library import THREADS, bytes_in
from .measure import Dataset, one_by_one, passes, resident

QUICK = 500  # queries of a first look
TIMED = 1000  # queries of a pass
PASSES = 5
PATIENCE = 2  # seconds of passes: a library that takes longer has fewer of them, two at least
SLOWEST = 20e-3  # seconds a query: beyond it no goal is worth having
DEPTHS = {10: [1, 1.5, 2, 3, 4.5, 7, 10, 15, 23, 40, 70], 200: [1, 1.1, 1.25, 1.5, 2, 3, 4.5, 7]}


def quiet(name):
    os.environ.update(OMP_NUM_THREADS=str(THREADS), TF_CPP_MIN_LOG_LEVEL="3", GLOG_minloglevel="3")
    return LIBRARIES[name]


def overhead(kind, configuration, data):
    """The microseconds of the same call on an index of 100 vectors: what Python and the library's front cost."""
    small = kind(data.base[:100].copy(), data.metric)
    low, _ = small.limits(10, configuration)
    small.build(small.tiny(configuration))
    search = small.searcher(10, low, 1)
    passes(search, data.queries[:100], 5)
    return passes(search, data.queries[:TIMED], 3)[1]


def built(job, data):
    """The library's index, built or (job["saved"] is a folder that holds it) loaded, and the facts about it."""
    kind, configuration = quiet(job["lib"]), job["build"]
    facts = {"overhead_us": overhead(kind, configuration, data)}  # first: it loads the library's code, too
    index = kind(data.base, data.metric)
    before, saved = resident(), job.get("saved")
    if saved and os.path.isdir(saved):
        index.load(saved, configuration)
        facts["bytes_disk"] = bytes_in(saved) / index.n
    else:
        began = time.perf_counter()
        index.build(configuration)
        facts["build_s"] = time.perf_counter() - began
    threadpoolctl.threadpool_limits(1)  # a matrix product within a search has one thread, too
    one_by_one(index.searcher(10, index.limits(10, configuration)[0], 2), data.queries[:10])
    facts["bytes_memory"] = (resident() - before) / index.n
    if "build_s" in facts:
        with tempfile.TemporaryDirectory(dir=job.get("scratch")) as folder:
            index.save(folder)
            facts["bytes_disk"] = bytes_in(folder) / index.n
            if saved:
                os.rename(folder, saved)
                os.mkdir(folder)
    return index, facts


class Approach:
    """The way to one (k, recall) with one index."""

    def __init__(self, index, configuration, data, k):
        self.index, self.data, self.k = index, data, k
        self.low, self.high = index.limits(k, configuration)
        self.known = {}
        self.guess = self.low

    def recall(self, knob, depth):
        """(recall by distance, seconds a query) by the library's call for many queries."""
        if (knob, depth) not in self.known:
            queries = self.data.queries[: min(TIMED, len(self.data.queries))]
            try:
                self.index.batch(queries[:20], self.k, knob, depth)
                began = time.perf_counter()
                answers = self.index.batch(queries, self.k, knob, depth)
                taken = (time.perf_counter() - began) / len(queries)
                self.known[knob, depth] = self.data.recall(answers, self.k)[0], taken
            except RuntimeError:  # hnswlib and voyager: fewer than k were found
                self.known[knob, depth] = 0.0, 0.0
        return self.known[knob, depth]

    def least(self, goal, depth, slowest):
        """The least knob that reaches the goal, to 2 %, or None."""
        low, high, last = self.low - 1, None, -1.0
        knob = max(self.low, min(self.guess, self.high))
        while high is None:
            recall, taken = self.recall(knob, depth)
            if recall >= goal:
                high = knob
            elif knob >= self.high or taken > slowest or 0 < recall < min(last + 2e-4, goal - 2e-3):
                return (
                    None  # at the end, too slow, or the codes' order is what is wrong and a wider search won't mend it
                )
            else:
                low, last, knob = knob, recall, min(self.high, knob * 2)
        while low < self.low and high > self.low:  # the guess was enough: look below it
            knob = max(self.low, high // 2)
            if self.recall(knob, depth)[0] >= goal:
                high = knob
            else:
                low = knob
            if high == self.low:
                return high
        while high - low > max(1, high // 50):
            middle = (low + high) // 2
            if self.recall(middle, depth)[0] >= goal:
                high = middle
            else:
                low = middle
        self.guess = high
        return high

    def quick(self, knob, depth):
        """The best of some passes: others may be at work on the machine, and a first look shall not depend on them."""
        search = self.index.searcher(self.k, knob, depth)
        queries = self.data.queries[:QUICK]
        ends, speeds = time.perf_counter() + 0.15, []
        while len(speeds) < 2 or time.perf_counter() < ends:
            speeds.append(passes(search, queries, 1)[0])
        return max(speeds)

    def best(self, goal, slowest):
        """(queries a second, knob, depth) of the fastest way found, or None."""
        if not self.index.deep:
            knob = self.least(goal, 1, slowest)
            return knob and (self.quick(knob, 1), knob, 1)
        depths = DEPTHS[10 if self.k < 50 else 200]
        speed = {}

        def look(depth):
            if depth not in speed:
                knob = self.least(goal, depth, slowest)
                speed[depth] = (self.quick(knob, depth), knob, depth) if knob else (0, None, depth)
            return speed[depth][0]

        def at(place):
            return look(depths[place]) if 0 <= place < len(depths) else 0

        place = 3
        while place + 1 < len(depths) and not at(place):
            place += 1
        while at(place + 1) > at(place) or at(place + 2) > at(place):
            place += 1 if at(place + 1) > at(place) else 2
        while at(place - 1) > at(place):
            place -= 1
        if at(place):  # between it and its neighbours
            for beside in (place - 1, place + 1):
                if 0 <= beside < len(depths):
                    look(round(math.sqrt(depths[place] * depths[beside]), 2))
        return max(speed.values(), key=lambda way: way[0]) if at(place) else None


def in_full(index, data, k, goal, knob, depth, high):
    """The figures of a point. Where the goal was reached on the bisection's queries but is not on all, the knob is
    widened by a little, up to eight times."""
    for _ in range(9):
        search = index.searcher(k, knob, depth)
        answers, _ = one_by_one(search, data.queries)
        recall, by_id = data.recall(answers, k)
        if recall >= goal or knob >= high:
            break
        knob = min(high, knob + max(1, knob // 60))
    qps, p50, p99 = passes(search, data.queries[:TIMED], PASSES, PATIENCE)
    queries = data.queries[:TIMED]
    batches = []
    while len(batches) < (3 if qps > 2 * TIMED else 1):
        began = time.perf_counter()
        index.batch(queries, k, knob, depth)
        batches.append(len(queries) / (time.perf_counter() - began))
    return {
        "recall": recall, "recall_by_id": by_id, "qps_single": qps, "p50_us": p50, "p99_us": p99,
        "qps_batch": float(np.median(batches)), "passes": PASSES, "knob": knob,
    }  # fmt: skip


def shown(kind, configuration, knob, depth, k):
    """The parameters as a person writes them."""
    said = [name if value is True else f"{name} {value}" for name, value in configuration.items() if value]
    return ", ".join([*said, f"{kind.knob} {knob}", *([f"again {round(depth * k)}"] if kind.deep else [])])


def report(job, data, facts, k, goal, knob, depth, figures):
    kind = LIBRARIES[job["lib"]]
    return {
        "lib": job["lib"], "version": kind(data.base[:1], data.metric).version,
        "dataset": os.path.basename(job["dataset"]), "k": k, "goal": goal,
        "params": shown(kind, job["build"], knob, depth, k),
        "build": job["build"], "search": {"knob": knob, "depth": depth}, **facts, **figures,
    }  # fmt: skip


def evaluate(job):
    """job: lib, dataset (path without suffix), build (the configuration), goals [(k, recall)], best {goal's place:
    queries a second of the library's fastest so far}. Returns the points, at most one a goal."""
    data = Dataset(job["dataset"])
    index, facts = built(job, data)
    points = []
    approaches = {}
    for place, (k, goal) in enumerate(job["goals"]):
        approach = approaches.setdefault(k, Approach(index, job["build"], data, k))
        best = job["best"].get(place)
        way = approach.best(goal, min(SLOWEST, 4 / best) if best else SLOWEST)
        if not way:
            continue
        speed, knob, depth = way
        if best and speed < 0.9 * best:
            recall = approach.recall(knob, depth)[0]
            figures = {"recall": recall, "qps_single": speed, "p50_us": 1e6 / speed, "passes": 1, "knob": knob}
        else:
            figures = in_full(index, data, k, goal, knob, depth, approach.high)
        points.append(report(job, data, facts, k, goal, figures.pop("knob"), depth, figures))
    return points


def measure(job):
    """job: lib, dataset, build, saved, and points [(k, goal, knob, depth)]. What misses its goal by a hair (builds on
    two threads differ from one to the next) is widened until it does not."""
    data = Dataset(job["dataset"])
    index, facts = built(job, data)
    points = []
    for k, goal, knob, depth in job["points"]:
        figures = in_full(index, data, k, goal, knob, depth, index.limits(k, job["build"])[1])
        points.append(report(job, data, facts, k, goal, figures.pop("knob"), depth, figures))
    return points
