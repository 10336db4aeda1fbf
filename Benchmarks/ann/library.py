"""What ann-peers.py asks of a library: how it is built, asked, saved and loaded, and which parameters are worth trying.

One class a library. A *configuration* is what is fixed when the index is built; the *knob* is the one number that
trades time for recall when it is asked (ef, nprobe, leaves); `depth`, where a library scores candidates again more
exactly, is how many of them, as a multiple of k. Axes are tried in their order, from the first value of each, which
are the library's own advice (its documentation, or its settings in ann-benchmarks); sweep.py walks them.
"""

import glob
import importlib.metadata
import math
import os

import numpy as np

THREADS = 2  # of a build; a search has one


class Library:
    package = None
    knob = "ef"
    deep = False  # scores candidates again, so that `depth` matters

    def __init__(self, base, metric):
        """base: float32 [n, d], of unit length where the metric is cosine; metric: ip, cosine or l2."""
        self.base, self.metric = base, "l2" if metric == "l2" else "ip"
        self.n, self.d = base.shape
        norms = np.linalg.norm(base[:: max(1, self.n // 1000)], axis=1)
        self.unit = metric == "cosine" or metric == "ip" and bool(np.all(np.abs(norms - 1) < 1e-3))

    @property
    def version(self):
        return importlib.metadata.version(self.package)

    def axes(self):
        """(name, values) in the order of trying."""
        raise NotImplementedError

    def sensible(self, configuration):
        return True

    def tiny(self, configuration):
        """The configuration for a hundred vectors, to measure what a call costs by itself."""
        return configuration

    def limits(self, k, configuration):
        """The knob's least and greatest value."""
        return k, min(self.n, 4000)

    def build(self, configuration):
        raise NotImplementedError

    def searcher(self, k, knob, depth):
        """A function from one query [d] to row numbers."""
        raise NotImplementedError

    def batch(self, queries, k, knob, depth):
        """Row numbers [q, k] by the library's own call for many queries, on one thread."""
        raise NotImplementedError


def near(n, factor):
    """About factor * sqrt(n), a round number."""
    value = factor * math.sqrt(n)
    step = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return max(1, int(round(value / step)) * step)


def bytes_in(folder):
    return sum(os.path.getsize(path) for path in glob.glob(f"{folder}/**", recursive=True) if os.path.isfile(path))


class Faiss(Library):
    """Vectors of unit length have the same order by L2 as by inner product; which suits an index better is tried."""

    package = "faiss-cpu"

    def measures(self):
        return ["L2", "IP"] if self.unit else ["IP"] if self.metric == "ip" else ["L2"]

    def make(self, factory, measure):
        import faiss

        return faiss.index_factory(self.d, factory, faiss.METRIC_L2 if measure == "L2" else faiss.METRIC_INNER_PRODUCT)

    def fill(self):
        import faiss

        faiss.omp_set_num_threads(THREADS)
        self.index.train(self.base)
        self.index.add(self.base)
        faiss.omp_set_num_threads(1)

    def save(self, folder):
        import faiss

        faiss.write_index(self.index, os.path.join(folder, "index"))

    def load(self, folder, configuration):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(os.path.join(folder, "index"))

    def searcher(self, k, knob, depth):
        self.tune(knob, depth)
        search = self.index.search
        return lambda query: search(query[None], k)[1][0]

    def batch(self, queries, k, knob, depth):
        self.tune(knob, depth)
        return self.index.search(queries, k)[1]
