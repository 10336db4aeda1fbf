"""Libraries that walk a graph of neighbours."""

import os

import numpy as np

from .library import THREADS, Faiss, Library


class FaissHNSW(Faiss):
    """The graph of Malkov and Yashunin, over float32 or over one byte a coordinate."""

    def axes(self):
        yield "M", [16, 32]
        yield "storage", ["Flat", "SQ8", "SQbf16"]
        yield "construction", [200, 40, 100]
        yield "measure", self.measures()

    def build(self, configuration):
        self.index = self.make(f"HNSW{configuration['M']},{configuration['storage']}", configuration["measure"])
        self.index.hnsw.efConstruction = configuration["construction"]
        self.fill()

    def tune(self, knob, depth):
        self.index.hnsw.efSearch = knob


class Hnswlib(Library):
    """The authors' own HNSW. M 16 and 32, ef_construction 200: its ALGO_PARAMS.md and examples."""

    package = "hnswlib"

    def axes(self):
        yield "M", [16, 32, 24, 12]
        yield "construction", [200, 50, 100, 400]

    def build(self, configuration):
        import hnswlib

        c = configuration
        self.index = hnswlib.Index(space=self.metric, dim=self.d)
        self.index.init_index(self.n, M=c["M"], ef_construction=c["construction"], random_seed=100)
        self.index.add_items(self.base, num_threads=THREADS)
        self.index.set_num_threads(1)

    def searcher(self, k, knob, depth):
        self.index.set_ef(knob)
        search = self.index.knn_query
        return lambda query: search(query, k, 1)[0][0]

    def batch(self, queries, k, knob, depth):
        self.index.set_ef(knob)
        return self.index.knn_query(queries, k, 1)[0]

    def save(self, folder):
        self.index.save_index(os.path.join(folder, "index"))

    def load(self, folder, configuration):
        import hnswlib

        self.index = hnswlib.Index(space=self.metric, dim=self.d)
        self.index.load_index(os.path.join(folder, "index"))
        self.index.set_num_threads(1)


class USearch(Library):
    """HNSW over float32, bf16 or int8 (int8 only where vectors are of unit length: it scales by length)."""

    package = "usearch"

    def axes(self):
        yield "dtype", ["bf16", "f32", "i8", "f16"] if self.unit else ["bf16", "f32", "f16"]
        yield "connectivity", [16, 32]
        yield "construction", [128, 64, 256]

    def make(self, c):
        from usearch.index import Index

        measure = "l2sq" if self.metric == "l2" else "cos" if self.unit and c["dtype"] == "i8" else "ip"
        return Index(ndim=self.d, metric=measure, dtype=c["dtype"], connectivity=c["connectivity"],
                     expansion_add=c["construction"])  # fmt: skip

    def build(self, configuration):
        self.index = self.make(configuration)
        self.index.add(np.arange(self.n), self.base, threads=THREADS)

    def searcher(self, k, knob, depth):
        self.index.expansion_search = knob
        search = self.index.search
        return lambda query: search(query, k, threads=1).keys

    def batch(self, queries, k, knob, depth):
        self.index.expansion_search = knob
        return self.index.search(queries, k, threads=1).keys

    def save(self, folder):
        self.index.save(os.path.join(folder, "index"))

    def load(self, folder, configuration):
        self.index = self.make(configuration)
        self.index.load(os.path.join(folder, "index"))


class SVS(Library):
    """Intel's Vamana graph. Its LVQ and LeanVec codes run on Intel's processors only; elsewhere float32 and float16."""

    package, knob = "scalable-vs", "window"

    def axes(self):
        yield "degree", [32, 64, 24]
        yield "dtype", ["float32", "float16"]
        yield "construction", [128, 64, 200]
        if self.unit:
            yield "measure", ["MIP", "L2"]

    def distance(self, c):
        import svs

        return svs.DistanceType.L2 if self.metric == "l2" or c.get("measure") == "L2" else svs.DistanceType.MIP

    def build(self, configuration):
        import svs

        c = configuration
        distance = self.distance(c)
        parameters = svs.VamanaBuildParameters(
            graph_max_degree=c["degree"],
            window_size=c["construction"],
            alpha=1.2 if distance == svs.DistanceType.L2 else 0.95,
        )
        data = self.base if c["dtype"] == "float32" else self.base.astype(np.float16)
        self.index = svs.Vamana.build(parameters, data, distance, num_threads=THREADS)
        self.index.num_threads = 1

    def searcher(self, k, knob, depth):
        self.index.search_window_size = knob
        search = self.index.search
        return lambda query: search(query, k)[0][0]

    def batch(self, queries, k, knob, depth):
        self.index.search_window_size = knob
        return self.index.search(queries, k)[0]

    def save(self, folder):
        self.index.save(*(os.path.join(folder, name) for name in ("config", "graph", "data")))

    def load(self, folder, configuration):
        import svs

        self.index = svs.Vamana(
            os.path.join(folder, "config"), svs.GraphLoader(os.path.join(folder, "graph")),
            svs.VectorDataLoader(os.path.join(folder, "data"), getattr(svs, configuration["dtype"])),
            self.distance(configuration), num_threads=1,
        )  # fmt: skip


class Voyager(Library):
    """Spotify's HNSW, a descendant of hnswlib, over float32 or 8-bit floats."""

    package = "voyager"

    def axes(self):
        yield "M", [16, 32]
        yield "storage", ["Float32", "E4M3"]
        yield "construction", [200, 100]

    def build(self, configuration):
        import voyager

        c = configuration
        space = "Euclidean" if self.metric == "l2" else "Cosine" if self.unit else "InnerProduct"
        self.index = voyager.Index(
            getattr(voyager.Space, space), num_dimensions=self.d, M=c["M"], ef_construction=c["construction"],
            max_elements=self.n, storage_data_type=getattr(voyager.StorageDataType, c["storage"]),
        )  # fmt: skip
        self.index.add_items(self.base, num_threads=THREADS)

    def searcher(self, k, knob, depth):
        search = self.index.query
        return lambda query: search(query, k, 1, knob)[0]

    def batch(self, queries, k, knob, depth):
        return self.index.query(queries, k, 1, knob)[0]

    def save(self, folder):
        self.index.save(os.path.join(folder, "index"))

    def load(self, folder, configuration):
        import voyager

        self.index = voyager.Index.load(os.path.join(folder, "index"))
