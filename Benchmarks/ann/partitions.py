"""Libraries that cut the vectors into partitions, scan small codes in registers, and score the best again."""

from .library import THREADS, Faiss, Library, near


class Scann(Library):
    """Partitions and 4-bit codes (Guo et al., ICML 2020), spilling (SOAR, NeurIPS 2023), scoring again. The axes follow
    its docs/algorithms.md (leaves about sqrt(n), 2 dimensions a block) and its settings in ann-benchmarks (threshold
    0.2)."""

    package, knob, deep = "scann", "leaves", True

    def axes(self):
        inner = self.metric == "ip"
        yield "leaves", [near(self.n, f) for f in (1, 2, 0.5, 4)]
        if inner:
            yield "soar", [None, 1.5, 1.0]
            yield "threshold", [0.2, None, 0.1, 0.4]
        yield "dims", [2, 4, 1, 3] if self.d < 512 else [4, 2, 8]
        yield "reorder", ["FLOAT32", "BFLOAT16", "INT8"]
        yield "centroids8", [False, True]
        if inner:
            yield "avq", [None, 2.5]
        yield "sample", [min(self.n, 250_000), min(self.n, 60_000)]

    def sensible(self, configuration):
        return configuration["leaves"] * 4 <= configuration["sample"]

    def tiny(self, configuration):
        return {**configuration, "leaves": 2, "sample": 100}

    def limits(self, k, configuration):
        return 1, configuration["leaves"]

    def build(self, configuration):
        import scann
        from scann.scann_ops.py.scann_builder import ReorderType

        c = configuration
        tree = dict(training_sample_size=c["sample"], quantize_centroids=c["centroids8"], avq=c.get("avq"))
        if c.get("soar"):
            tree.update(soar_lambda=c["soar"], overretrieve_factor=2.0)
        hashing = dict(training_sample_size=min(self.n, 100_000))
        if c.get("threshold"):
            hashing["anisotropic_quantization_threshold"] = c["threshold"]
        measure = "dot_product" if self.metric == "ip" else "squared_l2"
        builder = scann.scann_ops_pybind.builder(self.base, 10, measure).set_n_training_threads(THREADS)
        builder = builder.tree(c["leaves"], min(10, c["leaves"]), **tree).score_ah(c["dims"], **hashing)
        self.index = builder.reorder(100, quantize=ReorderType[c["reorder"]]).build()

    def searcher(self, k, knob, depth):
        search, again = self.index.search, round(k * depth)
        return lambda query: search(query, k, again, knob)[0]

    def batch(self, queries, k, knob, depth):
        return self.index.search_batched(queries, k, round(k * depth), knob)[0]

    def save(self, folder):
        self.index.serialize(folder, relative_path=True)

    def load(self, folder, configuration):
        import scann

        self.index = scann.scann_ops_pybind.load_searcher(folder)


class FaissIVF(Faiss):
    """Shared by the two kinds of codes that faiss scans in registers; candidates are scored again (IndexRefine)."""

    knob, deep = "nprobe", True

    def limits(self, k, configuration):
        return 1, configuration["lists"]

    def tiny(self, configuration):
        return {**configuration, "lists": 2, "coarse": "flat"}

    def lists(self):
        return [near(self.n, f) for f in (2, 4, 1, 8)]

    def build(self, configuration):
        c = configuration
        hnsw = "_HNSW32" if c["coarse"] == "hnsw" else ""
        self.index = self.make(self.codes(c).format(lists=f"{c['lists']}{hnsw}"), c["measure"])
        self.fill()

    def tune(self, knob, depth):
        import faiss

        self.index.k_factor = depth
        ivf = faiss.extract_index_ivf(faiss.downcast_index(self.index.base_index))
        ivf.nprobe = knob
        coarse = faiss.downcast_index(ivf.quantizer)
        if hasattr(coarse, "hnsw"):
            coarse.hnsw.efSearch = max(16, 2 * knob)


class FaissPQ(FaissIVF):
    """IVF, product codes of 4 bits scanned in registers, scoring again: faiss's own advice for speed (its wiki,
    "Fast accumulation of PQ and AQ codes")."""

    def axes(self):
        yield "lists", self.lists()
        yield "dims", [2, 4, 1] if self.d < 512 else [4, 2, 8]
        yield "rotation", [None, "OPQ"]
        yield "refine", ["RFlat", "Refine(SQ8)", "Refine(SQbf16)"]
        yield "coarse", ["flat", "hnsw"]
        yield "measure", self.measures()

    def sensible(self, configuration):
        return self.d % configuration["dims"] == 0

    def codes(self, c):
        parts = self.d // c["dims"]
        rotation = f"OPQ{parts}_{self.d}," if c["rotation"] else ""
        return f"{rotation}IVF{{lists}},PQ{parts}x4fs,{c['refine']}"


class FaissRaBitQ(FaissIVF):
    """IVF, RaBitQ codes scanned in registers (1 bit a dimension, or more), scoring again; a random rotation before, as
    the paper (Gao and Long, SIGMOD 2024) demands."""

    def axes(self):
        yield "lists", self.lists()
        yield "bits", [1, 2, 4]
        yield "refine", ["RFlat", "Refine(SQ8)", "Refine(SQbf16)"]
        yield "coarse", ["flat", "hnsw"]
        yield "measure", self.measures()

    def codes(self, c):
        bits = "" if c["bits"] == 1 else c["bits"]
        return f"RR{self.d},IVF{{lists}},RaBitQfs{bits},{c['refine']}"
