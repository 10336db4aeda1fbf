#!/usr/bin/env python3
"""XGBoost and LightGBM on the data of rank.sh: trains them, times their C calls, compares. See rank.sh for the whole.

    rank-peers.py folds FILE.txt.gz BASE          5 folds by request: BASE.fold0.train, BASE.fold0.test, ...
    rank-peers.py made BASE                       made-up requests: BASE.train, BASE.test
    rank-peers.py train SYSTEM --train F --test F [--train-groups F --test-groups F] --scores F --out BASE
    rank-peers.py time MODEL --test F [--test-groups F] --ours REPORT --ours-scores F
    rank-peers.py table FOLDER

Like settings: 100 trees of at most 31 leaves and 6 tests deep, learning rate .1, 256 bins, 2 threads; leaves split by gain;
what a leaf must weigh is each library's own default, as their hessians differ in scale. Nothing is tuned on test rows.
"""

import argparse
import ctypes
import glob
import gzip
import json
import os
import statistics
import time

import numpy

THREADS = 2


def load(path, groups=None, columns=0):
    labels, queries, entries = [], [], []
    with open(path) as file:
        for line in file:
            words = line.partition("#")[0].split()
            if not words:
                continue
            labels.append(float(words[0]))
            rest = words[1:]
            if rest and rest[0].startswith("qid:"):
                queries.append(rest.pop(0))
            entries.append([(int(c), float(v)) for c, _, v in (word.partition(":") for word in rest)])
    width = max(columns, max(c for row in entries for c, _ in row) + 1)
    rows = numpy.zeros((len(entries), width), numpy.float32)
    for row, some in enumerate(entries):
        for column, value in some:
            rows[row, column] = value
    if groups:
        counts = [int(line) for line in open(groups) if line.strip()]
    else:
        counts, last = [], None
        for query in queries:
            if query != last:
                counts.append(0)
            counts[-1] += 1
            last = query
    assert sum(counts) == len(rows)
    return rows, numpy.array(labels, numpy.float32), counts


def folds(path, base):
    requests, last = [], None
    with gzip.open(path, "rt") as file:
        for line in file:
            query = line.split()[1]
            if query != last:
                requests.append([])
            requests[-1].append(line)
            last = query
    for fold in range(5):
        for part, wanted in (("train", False), ("test", True)):
            with open(f"{base}.fold{fold}.{part}", "w") as out:
                for number, lines in enumerate(requests):
                    if (number % 5 == fold) == wanted:
                        out.writelines(lines)


def made(base):
    """400 and 200 requests of 50 rows: a grade from products, steps and bumps of some of 40 features, and noise."""
    random = numpy.random.default_rng(1)
    for part, requests in (("train", 400), ("test", 200)):
        with open(f"{base}.{part}", "w") as out:
            for request in range(requests):
                rows = random.normal(size=(50, 40))
                worth = rows[:, 0] * rows[:, 1] + (rows[:, 2] > 0.5) * rows[:, 3] - numpy.abs(rows[:, 4] - 0.5)
                worth = worth + random.normal(size=50)
                order = numpy.argsort(numpy.argsort(-worth))
                for row in range(50):
                    grade = 3 if order[row] < 2 else 2 if order[row] < 5 else 1 if order[row] < 10 else 0
                    words = " ".join(f"{c}:{rows[row, c]:.4f}" for c in range(40))
                    out.write(f"{grade} qid:{request} {words}\n")


def ndcg(scores, labels, counts, k):
    """By request, those without a gain left out; ties by row."""
    values, first = [], 0
    for count in counts:
        gains = 2.0 ** labels[first : first + count] - 1
        order = numpy.argsort(-scores[first : first + count], kind="stable")
        discount = 1 / numpy.log2(numpy.arange(min(k, count)) + 2)
        best = (numpy.sort(gains)[::-1][:k] * discount).sum()
        if best > 0:
            values.append((gains[order][:k] * discount).sum() / best)
        first += count
    return numpy.array(values)


class XGBoost:
    """The calls of its C library that are timed, and rank:ndcg of the version that has no Python here."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.XGBGetLastError.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments) != 0:
            raise SystemExit(self.library.XGBGetLastError().decode())

    def matrix(self, rows):
        handle = ctypes.c_void_p()
        rows = numpy.ascontiguousarray(rows)
        self.call("XGDMatrixCreateFromMat", rows.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(rows.shape[0]),
                  ctypes.c_uint64(rows.shape[1]), ctypes.c_float(numpy.nan), ctypes.byref(handle))
        return handle

    def booster(self, matrices, parameters):
        handle = ctypes.c_void_p()
        array = (ctypes.c_void_p * max(1, len(matrices)))(*matrices)
        self.call("XGBoosterCreate", array, ctypes.c_uint64(len(matrices)), ctypes.byref(handle))
        for key, value in parameters.items():
            self.call("XGBoosterSetParam", handle, key.encode(), str(value).encode())
        return handle

    def dense(self, booster, rows):
        """Predictions without a matrix: its fastest call. Returns a function of no arguments."""
        data = numpy.ascontiguousarray(rows)
        interface = json.dumps({"data": [data.ctypes.data, True], "shape": list(data.shape), "typestr": "<f4", "version": 3})
        config = json.dumps({"type": 1, "training": False, "iteration_begin": 0, "iteration_end": 0,
                             "strict_shape": False, "missing": float("nan"), "cache_id": 0})
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        result = ctypes.POINTER(ctypes.c_float)()
        arguments = (booster, interface.encode(), config.encode(), None, ctypes.byref(shape), ctypes.byref(dimensions),
                     ctypes.byref(result))
        function = self.library.XGBoosterPredictFromDense

        def predict():
            if function(*arguments) != 0:
                raise SystemExit(self.library.XGBGetLastError().decode())
            return result

        predict.keep = data
        return predict


def newest_xgboost():
    import xgboost

    return glob.glob(os.path.join(os.path.dirname(xgboost.__file__), "lib", "libxgboost*"))[0]


def train(arguments):
    rows, labels, counts = load(arguments.train, arguments.train_groups)
    tested, _, _ = load(arguments.test, arguments.test_groups, rows.shape[1])
    tree = {"eta": 0.1, "max_depth": 6, "max_leaves": 31, "grow_policy": "lossguide", "tree_method": "hist",
            "max_bin": 256, "nthread": THREADS, "seed": 1, "objective": "rank:ndcg"}
    began = time.perf_counter()
    if arguments.system == "xgboost":
        import xgboost

        version = xgboost.__version__
        matrix = xgboost.DMatrix(rows, labels, group=counts)
        began = time.perf_counter()
        booster = xgboost.train(tree, matrix, 100)
        seconds = time.perf_counter() - began
        booster.save_model(arguments.out + ".json")
        scores = booster.predict(xgboost.DMatrix(tested), output_margin=True)
    elif arguments.system == "lightgbm":
        import lightgbm

        version = lightgbm.__version__
        data = lightgbm.Dataset(rows, labels, group=counts, params={"verbosity": -1}).construct()
        began = time.perf_counter()
        booster = lightgbm.train({"objective": "lambdarank", "learning_rate": 0.1, "num_leaves": 31, "max_depth": 6,
                                  "max_bin": 255, "num_threads": THREADS, "seed": 1, "verbosity": -1,
                                  "deterministic": True}, data, 100)
        seconds = time.perf_counter() - began
        booster.save_model(arguments.out + ".txt")
        scores = booster.predict(tested, raw_score=True)
    else:
        library = XGBoost("libxgboost.so.0")
        version = "1.7"
        matrix = library.matrix(rows)
        group = numpy.array(counts, numpy.uint32)
        library.call("XGDMatrixSetFloatInfo", matrix, b"label", labels.ctypes.data_as(ctypes.c_void_p),
                     ctypes.c_uint64(len(labels)))
        library.call("XGDMatrixSetUIntInfo", matrix, b"group", group.ctypes.data_as(ctypes.c_void_p),
                     ctypes.c_uint64(len(group)))
        began = time.perf_counter()
        booster = library.booster([matrix], tree)
        for round in range(100):
            library.call("XGBoosterUpdateOneIter", booster, ctypes.c_int(round), matrix)
        seconds = time.perf_counter() - began
        library.call("XGBoosterSaveModel", booster, (arguments.out + ".json").encode())
        predict = library.dense(booster, tested)
        scores = numpy.ctypeslib.as_array(predict(), (len(tested),)).copy()
    numpy.savetxt(arguments.scores, scores, fmt="%.9g")
    print(json.dumps({"system": arguments.system, "version": version, "trainSeconds": seconds}))


def micros(function, calls):
    """Processor time of this thread: a busy machine does not stretch it. (Ours is timed by the clock on the wall.)"""
    for _ in range(20):
        function()
    passes = []
    for _ in range(5):
        taken = []
        for _ in range(calls):
            begin = time.thread_time_ns()
            function()
            taken.append(time.thread_time_ns() - begin)
        passes.append(statistics.median(taken) / 1e3)
    return statistics.median(passes)


def timing(arguments):
    rows, _, _ = load(arguments.test, arguments.test_groups)
    is_lightgbm = arguments.model.endswith(".txt")
    calls, theirs = {}, None
    if is_lightgbm:
        import lightgbm

        library = lightgbm.basic._LIB
        booster, iterations = ctypes.c_void_p(), ctypes.c_int()
        assert library.LGBM_BoosterCreateFromModelfile(
            arguments.model.encode(), ctypes.byref(iterations), ctypes.byref(booster)) == 0
        width = lightgbm.Booster(model_file=arguments.model).num_feature()
        rows = numpy.pad(rows, ((0, 0), (0, width - rows.shape[1])))
        some = numpy.ascontiguousarray(numpy.resize(rows, (300, width)))
        out, length = numpy.zeros(300), ctypes.c_int64()
        raw, float32 = 1, 0

        def matrix(data, result):
            assert library.LGBM_BoosterPredictForMat(
                booster, ctypes.c_void_p(data.ctypes.data), float32, ctypes.c_int32(len(data)), ctypes.c_int32(width), 1,
                raw, 0, -1, b"num_threads=1", ctypes.byref(length), ctypes.c_void_p(result.ctypes.data)) == 0

        theirs = numpy.zeros(len(rows))
        matrix(numpy.ascontiguousarray(rows), theirs)
        calls["PredictForMat"] = micros(lambda: matrix(some, out), 100)
        fast = ctypes.c_void_p()
        assert library.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster, raw, 0, -1, float32, ctypes.c_int32(width), b"num_threads=1", ctypes.byref(fast)) == 0
        one = library.LGBM_BoosterPredictForMatSingleRowFast
        places = [(fast, ctypes.c_void_p(some[r:].ctypes.data), ctypes.byref(length),
                   ctypes.c_void_p(out[r:].ctypes.data)) for r in range(300)]

        def row_by_row():
            for place in places:
                one(*place)

        calls["SingleRowFast x 300"] = micros(row_by_row, 20)
    else:
        path = "libxgboost.so.0" if "1.7" in os.path.basename(arguments.model) else newest_xgboost()
        library = XGBoost(path)
        booster = library.booster([], {"nthread": 1})
        library.call("XGBoosterLoadModel", booster, arguments.model.encode())
        library.call("XGBoosterSetParam", booster, b"nthread", b"1")
        with open(arguments.model) as file:
            width = int(json.load(file)["learner"]["learner_model_param"]["num_feature"])
        rows = numpy.pad(rows, ((0, 0), (0, width - rows.shape[1])))
        theirs = numpy.ctypeslib.as_array(library.dense(booster, rows)(), (len(rows),)).copy()
        calls["PredictFromDense"] = micros(library.dense(booster, numpy.resize(rows, (300, width))), 100)
    ours = numpy.loadtxt(arguments.ours_scores)
    with open(arguments.ours) as file:
        report = json.load(file)
    print(json.dumps({
        "model": os.path.basename(arguments.model), "trees": report["trees"], "leaves": report["leaves"],
        "columns": width, "oursMicros": report["microsPer300Rows"], "theirMicros": calls,
        "largestDifference": float(numpy.abs(ours - theirs).max()), "instructionSet": report["instructionSet"]}))


def table(folder):
    rows = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.test"))):
        base = path[: -len(".test")]
        groups = path + ".query" if os.path.exists(path + ".query") else None
        _, labels, counts = load(path, groups)
        name = os.path.basename(base).split(".fold")[0]
        for system in ("magpie", "xgboost", "xgboost-1.7", "lightgbm"):
            scores = numpy.loadtxt(f"{base}.{system}.scores")
            report = json.load(open(f"{base}.magpie.json" if system == "magpie" else f"{base}.{system}.report"))
            entry = rows.setdefault(name, {}).setdefault(system, {1: [], 5: [], 10: [], "seconds": []})
            for k in (1, 5, 10):
                entry[k] += list(ndcg(scores, labels, counts, k))
            entry["seconds"].append(report["trainSeconds"])
    random = numpy.random.default_rng(1)
    print("| data | system | requests | ndcg@1 | ndcg@5 | ndcg@10 | magpie less it, ndcg@10 (95 %) | training |")
    print("|---|---|---|---|---|---|---|---|")
    for name, systems in rows.items():
        own = numpy.array(systems["magpie"][10])
        for system, entry in systems.items():
            difference = own - numpy.array(entry[10])
            means = difference[random.integers(0, len(own), (10_000, len(own)))].mean(1)
            low, high = numpy.quantile(means, [0.025, 0.975])
            text = "" if system == "magpie" else f"{difference.mean():+.4f} ({low:+.4f} to {high:+.4f})"
            print(f"| {name} | {system} | {len(own)} | {numpy.mean(entry[1]):.4f} | {numpy.mean(entry[5]):.4f} "
                  f"| {numpy.mean(entry[10]):.4f} | {text} | {sum(entry['seconds']):.2f} s |")
    print("\n| model | trees, leaves, columns | ours, µs for 300 rows | theirs, µs | times faster | largest difference |")
    print("|---|---|---|---|---|---|")
    rounds = [json.loads(line) for line in open(os.path.join(folder, "time.jsonl"))]
    for model in dict.fromkeys(r["model"] for r in rounds):
        some = [r for r in rounds if r["model"] == model]
        ours = statistics.median(r["oursMicros"] for r in some)
        theirs = {call: statistics.median(r["theirMicros"][call] for r in some) for call in some[0]["theirMicros"]}
        fastest = min(theirs.values())
        calls = ", ".join(f"{call} {value:.0f}" for call, value in theirs.items())
        print(f"| {model} | {some[0]['trees']}, {some[0]['leaves']}, {some[0]['columns']} | {ours:.1f} | {calls} "
              f"| {fastest / ours:.1f} | {max(r['largestDifference'] for r in some):.1e} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("folds")
    verb.add_argument("file")
    verb.add_argument("base")
    verbs.add_parser("made").add_argument("base")
    verb = verbs.add_parser("train")
    verb.add_argument("system", choices=["xgboost", "lightgbm", "xgboost-1.7"])
    for name in ("--train", "--test", "--train-groups", "--test-groups", "--scores", "--out"):
        verb.add_argument(name)
    verb = verbs.add_parser("time")
    verb.add_argument("model")
    for name in ("--test", "--test-groups", "--ours", "--ours-scores"):
        verb.add_argument(name)
    verb = verbs.add_parser("table")
    verb.add_argument("folder")
    arguments = parser.parse_args()
    if arguments.verb == "folds":
        folds(arguments.file, arguments.base)
    elif arguments.verb == "made":
        made(arguments.base)
    elif arguments.verb == "train":
        train(arguments)
    elif arguments.verb == "time":
        timing(arguments)
    else:
        table(arguments.folder)


main()
