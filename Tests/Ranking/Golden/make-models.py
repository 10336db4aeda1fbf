#!/usr/bin/env python3
"""Makes the models beside it and what their makers predict: `make-models.py` with numpy, xgboost (3.x), lightgbm (4.x),
and XGBoost's C library 1.7 as libxgboost.so.0. Nothing of it is needed by the tests, which read the files.
"""

import ctypes
import json
import os

import lightgbm
import numpy
import xgboost

here = os.path.dirname(os.path.abspath(__file__))
random = numpy.random.default_rng(7)
features = 5
rows = (random.integers(-64, 65, (240, features)) / 32).astype(numpy.float32)
rows[random.random(rows.shape) < 0.15] = numpy.nan
rows[random.random(rows.shape) < 0.10] = 0
known = numpy.nan_to_num(rows, nan=0.4)
target = known[:, 0] * (known[:, 1] > 0) + numpy.abs(known[:, 2]) + 0.3 * numpy.isnan(rows[:, 3])
grade = numpy.digitize(target, numpy.quantile(target, [0.5, 0.75, 0.9])).astype(numpy.float32)
groups = [20] * 12


def asked(thresholds):
    """Rows that go through the middle and through the edges of what the trees test."""
    some = list(rows[:24])
    for feature, threshold in sorted(set(thresholds)):
        nearest = numpy.float32(numpy.clip(threshold, -1e37, 1e37))
        for value in (nearest, numpy.nextafter(nearest, numpy.float32(-1e9)), numpy.nextafter(nearest, numpy.float32(1e9))):
            row = rows[len(some) % 200].copy()
            row[feature] = value
            some.append(row)
    extreme = [numpy.nan, 0.0, -0.0, 1e-36, -1e-36, 2e-35, 1e30, -1e30]
    some += [numpy.full(features, value, numpy.float32) for value in extreme]
    return numpy.array(some, numpy.float32)


def write(name, matrix, scores):
    table = [[None if numpy.isnan(x) else float(x) for x in row] for row in matrix]
    with open(os.path.join(here, name + ".scores.json"), "w") as file:
        json.dump({"rows": table, "scores": [float(s) for s in scores]}, file, separators=(",", ":"))
        file.write("\n")


def of_xgboost(name, objective, label, **more):
    matrix = xgboost.DMatrix(rows, label, **more)
    parameters = {"objective": objective, "max_depth": 3, "eta": 0.4, "seed": 1, "nthread": 1, "min_child_weight": 0.1}
    booster = xgboost.train(parameters, matrix, 4)
    booster.save_model(os.path.join(here, name + ".json"))
    frame = booster.trees_to_dataframe()
    inner = frame[frame["Feature"] != "Leaf"]
    tests = [(int(f[1:]), t) for f, t in zip(inner["Feature"], inner["Split"])]
    some = asked(tests)
    write(name, some, booster.predict(xgboost.DMatrix(some), output_margin=True))


def of_xgboost_1(name):
    library = ctypes.CDLL("libxgboost.so.0")
    library.XGBGetLastError.restype = ctypes.c_char_p

    def call(function, *arguments):
        assert getattr(library, function)(*arguments) == 0, library.XGBGetLastError()

    def matrix(values):
        handle = ctypes.c_void_p()
        values = numpy.ascontiguousarray(values)
        call("XGDMatrixCreateFromMat", values.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(len(values)),
             ctypes.c_uint64(features), ctypes.c_float(numpy.nan), ctypes.byref(handle))
        return handle

    learned = matrix(rows)
    call("XGDMatrixSetFloatInfo", learned, b"label", grade.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(len(grade)))
    booster = ctypes.c_void_p()
    call("XGBoosterCreate", ctypes.byref(learned), ctypes.c_uint64(1), ctypes.byref(booster))
    for key, value in {"objective": "reg:squarederror", "max_depth": "3", "eta": "0.4", "nthread": "1"}.items():
        call("XGBoosterSetParam", booster, key.encode(), value.encode())
    for round in range(4):
        call("XGBoosterUpdateOneIter", booster, ctypes.c_int(round), learned)
    path = os.path.join(here, name + ".json")
    call("XGBoosterSaveModel", booster, path.encode())
    with open(path) as file:
        trees = json.load(file)["learner"]["gradient_booster"]["model"]["trees"]
    tests = [(f, t) for tree in trees
             for f, t, left in zip(tree["split_indices"], tree["split_conditions"], tree["left_children"]) if left >= 0]
    some = asked(tests)
    length, result = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
    call("XGBoosterPredict", booster, matrix(some), ctypes.c_int(1), ctypes.c_uint(0), ctypes.c_int(0),
         ctypes.byref(length), ctypes.byref(result))
    write(name, some, result[: length.value])


def of_lightgbm(name, label, parameters, **more):
    base = {"num_leaves": 6, "learning_rate": 0.4, "min_data_in_leaf": 4, "num_threads": 1, "verbosity": -1,
            "deterministic": True, "seed": 1}
    booster = lightgbm.train({**base, **parameters}, lightgbm.Dataset(rows, label, **more), 4)
    booster.save_model(os.path.join(here, name + ".txt"))
    tests = []

    def walk(node):
        if "split_feature" in node:
            tests.append((node["split_feature"], node["threshold"]))
            walk(node["left_child"])
            walk(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        walk(tree["tree_structure"])
    some = asked(tests)
    write(name, some, booster.predict(some, raw_score=True))


of_xgboost_1("xgboost-1.7-squared")
of_xgboost("xgboost-3-ndcg", "rank:ndcg", grade, group=groups)
of_xgboost("xgboost-3-logistic", "binary:logistic", (grade > 1).astype(numpy.float32))
of_lightgbm("lightgbm-lambdarank", grade, {"objective": "lambdarank"}, group=groups)
of_lightgbm("lightgbm-zeros", (grade > 1).astype(numpy.float32), {"objective": "binary", "zero_as_missing": True, "sigmoid": 0.7})
of_lightgbm("lightgbm-none", grade, {"objective": "regression", "use_missing": False})
of_lightgbm("lightgbm-single", grade, {"objective": "regression", "min_data_in_leaf": 200})
