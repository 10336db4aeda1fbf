#!/usr/bin/env python3
"""What people glue together instead, over the shop of serve.sh: FastAPI, hnswlib, NumPy and LightGBM.

    serve-peer.py build FOLDER      index, counts and a ranker of 100 trees into FOLDER/peer, from FOLDER/home's own vectors
    uvicorn --app-dir Benchmarks serve-peer:app (SHOP=FOLDER)     the routes that `magpie bench load` asks

The same work: a user's vector (their newest items', newer ones weigh more) asks an index of all items' vectors; 300 that were
not seen and pass the filter; features of each, of the item, of the user and of the two; LightGBM; the first ten as JSON. An
event changes the user's history and the item's counts at once, in memory, and is appended to a file with fsync. The features
are 20, which is fewer than Magpie's, there is one retriever and no second opinion; with several workers each knows its own
events only.
"""

import csv
import json
import os
import pickle
import struct
import sys
import time

import hnswlib
import lightgbm
import numpy as np

NEWEST = 50  # items of a history that are looked at
SEEN = 200  # that are not shown again
CANDIDATES = 300
EFFORT = int(os.environ.get("EFFORT", 600))  # hnswlib's ef: at least the candidates that are asked for
WEIGHTS = (0.9 ** np.arange(NEWEST)).astype(np.float32)


def tensors(path, names):
    """Some tensors of a .safetensors file, mapped."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    kinds = {"F32": np.float32, "U8": np.uint8, "I64": np.int64, "U64": np.uint64, "U32": np.uint32, "I32": np.int32}
    found = []
    for name in names:
        about = header[name]
        begin, end = about["data_offsets"]
        kind = kinds[about["dtype"]]
        count = (end - begin) // np.dtype(kind).itemsize
        data = np.memmap(path, kind, "r", 8 + length + begin, (count,)) if count else np.empty(0, kind)
        found.append(data.reshape(about["shape"]))
    return found


class Shop:
    """Items by row, users by name: everything that a request reads."""

    def __init__(self, folder, with_index=True):
        self.peer = os.path.join(folder, "peer")
        home = os.path.join(folder, "home", "bundles")
        with open(os.path.join(home, "CURRENT")) as file:
            bundle = os.path.join(home, file.readline().strip())
        blob, at = tensors(os.path.join(bundle, "items.safetensors"), ["ids.bytes", "ids.offsets"])
        blob = blob.tobytes()
        self.ids = [blob[a:b].decode() for a, b in zip(at, at[1:])]
        self.row = {name: row for row, name in enumerate(self.ids)}
        queries, outputs = tensors(os.path.join(bundle, "embeddings.safetensors"), ["in", "out"])
        self.queries, self.vectors = np.array(queries), np.ascontiguousarray(outputs)
        n = len(self.ids)
        self.category = np.zeros(n, np.int32)
        self.price, self.year = np.zeros(n, np.float32), np.zeros(n, np.float32)
        names = {}
        with open(os.path.join(folder, "items.csv"), encoding="utf-8") as file:
            for line in csv.DictReader(file):
                row = self.row.get(line["id"])
                if row is None:
                    continue
                self.category[row] = names.setdefault(line["category"], len(names))
                self.price[row], self.year[row] = float(line["price"]), float(line["year"])
        self.seen, self.bought = np.zeros(n, np.float32), np.zeros(n, np.float32)
        self.last = np.zeros(n, np.float64)
        self.history = {}  # user: rows, the newest last
        if with_index:
            self.load()

    def read_events(self, folder):
        with open(os.path.join(folder, "events.csv"), encoding="utf-8") as file:
            for line in csv.DictReader(file):
                self.add(line["userId"], line["itemId"], line["kind"], float(line["timestamp"]))

    def add(self, user, item, kind, at):
        row = self.row.get(item)
        if row is None:
            return
        history = self.history.setdefault(user, [])
        history.append(row)
        del history[:-SEEN]
        self.seen[row] += 1
        self.bought[row] += kind == "purchase"
        self.last[row] = max(self.last[row], at)

    def load(self):
        with open(os.path.join(self.peer, "state.pickle"), "rb") as file:
            self.history, self.seen, self.bought, self.last = pickle.load(file)
        self.index = hnswlib.Index("ip", self.vectors.shape[1])
        self.index.load_index(os.path.join(self.peer, "index.bin"))
        self.index.set_num_threads(1)
        self.ranker = lightgbm.Booster(model_file=os.path.join(self.peer, "ranker.txt"))

    def query(self, history):
        rows = history[-NEWEST:][::-1]
        if not rows:
            return np.concatenate([np.zeros(self.queries.shape[1], np.float32), [1]]).astype(np.float32)
        vector = WEIGHTS[: len(rows)] @ self.queries[rows] / WEIGHTS[: len(rows)].sum()
        return np.append(vector, np.float32(1))  # the last coordinate is popularity's

    def candidates(self, history, passes):
        """Rows and inner products, the best first."""
        count = CANDIDATES + len(history) if passes is None else 4 * CANDIDATES + len(history)
        self.index.set_ef(max(EFFORT, count))
        rows, distances = self.index.knn_query(self.query(history), min(count, len(self.ids)))
        rows, scores = rows[0].astype(np.int64), 1 - distances[0]
        keep = ~np.isin(rows, history) if history else np.ones(len(rows), bool)
        if passes is not None:
            keep &= passes[rows]
        return rows[keep][:CANDIDATES], scores[keep][:CANDIDATES]

    def features(self, history, rows, scores, now):
        n = len(rows)
        out = np.full((n, 20), np.nan, np.float32)
        out[:, 0], out[:, 1] = scores, np.log1p(np.arange(n))
        out[:, 2] = scores / scores[0] if n and scores[0] > 0 else np.nan
        out[:, 3], out[:, 4] = np.log1p(self.seen[rows]), np.log1p(self.bought[rows])
        out[:, 5] = self.bought[rows] / (self.seen[rows] + 10)
        out[:, 6] = np.log1p(np.maximum(now - self.last[rows], 0) / 86_400)
        out[:, 7], out[:, 8] = np.log(self.price[rows] + 0.01), self.year[rows]
        out[:, 9] = np.log1p(len(history))
        out[:, 10] = now % 86_400 / 3_600
        if history:
            mine = np.array(history[-NEWEST:][::-1])
            own = np.log(self.price[mine] + 0.01)
            out[:, 11] = out[:, 7] - own.mean()
            out[:, 12] = np.abs(out[:, 11]) / (own.std() + 0.1)
            out[:, 13] = out[:, 8] - self.year[mine].mean()
            same = self.category[rows][:, None] == self.category[mine][None, :]
            out[:, 14], out[:, 15] = same.mean(axis=1), same[:, :5].mean(axis=1)
            likeness = self.queries[rows] @ self.queries[mine[:5]].T
            out[:, 16], out[:, 17] = likeness[:, 0], likeness.max(axis=1)
            out[:, 18] = likeness.mean(axis=1)
            out[:, 19] = same @ WEIGHTS[: len(mine)]
        return out

    def answer(self, user, count, passes):
        history = self.history.get(user, [])
        rows, scores = self.candidates(history, passes)
        scored = self.ranker.predict(self.features(history, rows, scores, time.time()), num_threads=1)
        best = np.argsort(-scored, kind="stable")[:count]
        return [{"id": self.ids[rows[i]], "score": float(scored[i])} for i in best]


def build(folder):
    shop = Shop(folder, with_index=False)
    os.makedirs(shop.peer, exist_ok=True)
    shop.read_events(folder)
    shop.index = index = hnswlib.Index("ip", shop.vectors.shape[1])
    index.init_index(len(shop.ids), M=16, ef_construction=100, random_seed=1)
    index.add_items(shop.vectors, num_threads=2)
    index.save_index(os.path.join(shop.peer, "index.bin"))
    with open(os.path.join(shop.peer, "state.pickle"), "wb") as file:
        pickle.dump((shop.history, shop.seen, shop.bought, shop.last), file)
    # What comes last in a history is liked among what the index finds for what came before.
    rows, labels, groups = [], [], []
    for user in sorted(shop.history)[:20_000]:
        history, liked = shop.history[user][:-1], shop.history[user][-1]
        found, scores = shop.candidates([row for row in history if row != liked], None)
        hit = found == liked
        if hit.any():
            rows.append(shop.features(history, found, scores, shop.last.max()))
            labels.append(hit)
            groups.append(len(found))
        if len(groups) == 3_000:
            break
    data = lightgbm.Dataset(np.concatenate(rows), np.concatenate(labels).astype(int), group=groups)
    options = {"objective": "lambdarank", "num_leaves": 31, "learning_rate": 0.1, "num_threads": 2, "verbose": -1}
    lightgbm.train(options, data, 100).save_model(os.path.join(shop.peer, "ranker.txt"))
    print(f"{len(shop.ids)} items, {len(shop.history)} users, {len(groups)} requests to learn from")


def application():
    import orjson
    from fastapi import FastAPI, Request, Response

    shop = Shop(os.environ["SHOP"])
    passes = {"year>=2010": shop.year >= 2010, "price<20": shop.price < 20}
    log = open(os.path.join(shop.peer, f"events-{os.getpid()}.jsonl"), "ab")
    app = FastAPI()

    # Not async: ranking holds the thread, and the event loop must go on.
    @app.get("/v1/recommendations")
    def recommend(user: str, count: int = 10, filter: str | None = None):
        items = shop.answer(user, count, passes[filter] if filter else None)
        return Response(orjson.dumps({"rung": "ranked", "items": items}), media_type="application/json")

    @app.post("/v1/events")
    async def events(request: Request):
        body = await request.body()
        log.write(body + b"\n")
        log.flush()
        os.fsync(log.fileno())
        event = json.loads(body)
        shop.add(event["userId"], event["itemId"], event["kind"], time.time())
        return {"appended": 1}

    @app.get("/readyz")
    def ready():
        return {"status": "ready"}

    return app


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "build":
        sys.exit(__doc__)
    build(sys.argv[2])
elif os.environ.get("SHOP"):
    app = application()
