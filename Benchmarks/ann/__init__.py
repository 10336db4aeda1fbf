"""The peers, by the names that ann-peers.py knows them by. library.py says what a peer is."""

from .graphs import SVS, FaissHNSW, Hnswlib, USearch, Voyager
from .partitions import FaissPQ, FaissRaBitQ, Scann

LIBRARIES = {
    "scann": Scann,
    "faiss-ivfpq": FaissPQ,
    "faiss-rabitq": FaissRaBitQ,
    "faiss-hnsw": FaissHNSW,
    "hnswlib": Hnswlib,
    "usearch": USearch,
    "svs": SVS,
    "voyager": Voyager,
}
