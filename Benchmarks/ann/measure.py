"""What ann-peers.py measures: recall against exact answers, single queries one by one, memory.

Recall is told two ways. *By id*: the share of the true k rows that were found. *By distance*: an answer also counts
where its true score is no worse than the k-th true one (within a millionth of it): ties are not held against anyone.
"""

import ctypes
import gc
import json
import math
import time

import numpy as np

EPSILON = 1e-6


class Dataset:
    """NAME.base.npy, NAME.queries.npy, NAME.truth1000.npy and NAME.json as ann-datasets.py writes them. Where the
    metric is cosine, all is brought to unit length, and every library gets the same."""

    def __init__(self, path):
        with open(path + ".json", encoding="utf-8") as file:
            facts = json.load(file)
        self.base = np.ascontiguousarray(np.load(path + ".base.npy"), np.float32)
        self.queries = np.ascontiguousarray(np.load(path + ".queries.npy"), np.float32)
        self.truth = np.load(path + ".truth1000.npy")
        self.metric = facts["metric"]
        if self.metric == "cosine":
            for rows in (self.base, self.queries):
                rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.worst = {}

    def cost(self, rows, query_rows):
        """In doubles, smaller is better; one row number and one query number a pair."""
        cost = np.empty(len(rows))
        for first in range(0, len(rows), 20_000):
            part = slice(first, first + 20_000)
            x, y = self.base[rows[part]].astype(np.float64), self.queries[query_rows[part]].astype(np.float64)
            cost[part] = ((x - y) ** 2).sum(1) if self.metric == "l2" else -(x * y).sum(1)
        return cost

    def recall(self, answers, k):
        """answers: row numbers, one list a query, for the first queries. Returns (by distance, by id)."""
        count = len(answers)
        if k not in self.worst:
            worst = self.cost(self.truth[:, k - 1], np.arange(len(self.truth)))
            self.worst[k] = worst + EPSILON * np.abs(worst)
        found, missed, missed_for = 0, [], []
        for q, answer in enumerate(answers):
            answer = np.unique(np.asarray(answer).astype(np.int64)[:k])  # a row told twice counts once
            answer = answer[(answer >= 0) & (answer < len(self.base))]
            hit = np.isin(answer, self.truth[q, :k])
            found += int(hit.sum())
            missed.append(answer[~hit])
            missed_for.append(np.full(int((~hit).sum()), q))
        missed, missed_for = np.concatenate(missed), np.concatenate(missed_for)
        ties = int((self.cost(missed, missed_for) <= self.worst[k][missed_for]).sum())
        return (found + ties) / (count * k), found / (count * k)


def one_by_one(search, queries):
    """Asks each query by itself. Returns the answers, and the nanoseconds of each call."""
    answers, taken = [None] * len(queries), np.empty(len(queries))
    clock = time.perf_counter_ns
    gc.disable()
    try:
        for q, query in enumerate(queries):
            began = clock()
            answers[q] = search(query)
            taken[q] = clock() - began
    finally:
        gc.enable()
    return answers, taken


def passes(search, queries, count, seconds=math.inf):
    """Medians over passes of: queries a second, the median and the 99th percentile of a call's microseconds; all three
    from the same calls. No third pass begins when the first ones took so many seconds."""
    told = []
    ends = time.perf_counter() + seconds
    while len(told) < min(count, 2) or len(told) < count and time.perf_counter() < ends:
        _, taken = one_by_one(search, queries)
        told.append((len(queries) / (taken.sum() * 1e-9), *np.percentile(taken, [50, 99]) / 1e3))
    return [float(value) for value in np.median(told, axis=0)]


def resident():
    """Bytes of memory that this process holds, after what was freed has gone back to the system."""
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        pass  # another C library: the number is an upper bound there
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096
