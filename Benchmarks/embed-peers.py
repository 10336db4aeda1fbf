#!/usr/bin/env python3
"""item2vec by gensim and ALS by implicit, measured as `magpie bench embed` measures ours: a line of JSON.

    embed-peers.py gensim   (--sequences FILE | --events FILE --test FILE | --made-up FOLDER) [settings]
    embed-peers.py implicit (the same)                                                       [settings]

Histories become queries, and items are ranked, as Magpie does it: gensim's by the mean of input vectors (the newest
weighs 1, the next --recency-decay, ...) against output vectors plus --popularity-weight * log(1 + popularity);
implicit's by its own recalculated user factors. Items that a user had already are left out.
"""
import argparse
import collections
import json
import math
import os
import resource
import sys
import tempfile
import time

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
# One thread a row: implicit's own advice, its threads are the rows.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import numpy as np


def read(options):
    """Histories (lists of item numbers, oldest first), questions {user: items}, and the number of items."""
    items, numbers = {}, {}
    histories, questions = [], {}

    def number(names, name):
        return names.setdefault(name, len(names))

    if options.made_up:
        columns = np.load(options.made_up)  # user, item
        histories = [[] for _ in range(int(columns[:, 0].max()) + 1)]
        for user, item in columns.tolist():
            histories[user].append(item)
        return histories, {}, int(columns[:, 1].max()) + 1
    if options.sequences:
        last = []
        for line in open(options.sequences):
            words = line.split()
            if len(words) < 2:
                continue
            asked = len(words) > 2
            histories.append([number(items, word) for word in (words[1:-1] if asked else words[1:])])
            if asked:
                last.append((len(histories) - 1, words[-1]))
        questions = {user: {number(items, item)} for user, item in last}
        return histories, questions, len(items)
    rows = collections.defaultdict(list)
    for place, line in enumerate(open(options.events)):
        user, item, _, moment = line.rstrip("\n").split("\t")
        rows[number(numbers, user)].append((int(moment), place, number(items, item)))
    histories = [[item for _, _, item in sorted(rows[user])] for user in range(len(numbers))]
    for line in open(options.test):
        user, item = line.split("\t")[:2]
        if user in numbers:
            questions.setdefault(numbers[user], set()).add(number(items, item))
    return histories, questions, len(items)


def expected_pairs(histories, window, epochs):
    """Pairs of skip-gram whose window is drawn from 1 ... window: on average."""
    lengths = np.array([len(history) for history in histories])
    pairs = 0.0
    for reach in range(1, window + 1):
        for gap in range(1, reach + 1):
            pairs += 2 * np.maximum(lengths - gap, 0).sum() / window
    return pairs * epochs


def quality(scores_of, histories, questions):
    ndcg = hit = recall = 0.0
    for user, relevant in questions.items():
        scores = scores_of(user)
        scores[list(set(histories[user]))] = -np.inf
        best = np.argpartition(-scores, 20)[:20]
        best = best[np.argsort(-scores[best], kind="stable")].tolist()
        ideal = sum(1 / math.log2(place + 2) for place in range(min(10, len(relevant))))
        ndcg += sum(1 / math.log2(place + 2) for place, item in enumerate(best[:10]) if item in relevant) / ideal
        hit += any(item in relevant for item in best[:10])
        recall += sum(item in relevant for item in best) / len(relevant)
    n = max(len(questions), 1)
    return {"ndcg@10": ndcg / n, "hit@10": hit / n, "recall@20": recall / n}


def gensim(options, histories, questions, count):
    from gensim.models import Word2Vec

    sentences = [[str(item) for item in history] for history in histories if history]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(" ".join(sentence) + "\n" for sentence in sentences))
        file.flush()
        # From a file its threads read for themselves, without Python's lock; from a list one thread feeds them.
        source = {"corpus_file": file.name} if options.corpus_file else {"corpus_iterable": sentences}
        began = time.perf_counter()
        model = Word2Vec(
            vector_size=options.dimensions, window=options.window, min_count=1, sg=1, hs=0, sample=0,
            negative=options.negatives, ns_exponent=options.noise_exponent, alpha=options.learning_rate,
            min_alpha=0.0001, workers=options.threads, seed=options.seed, batch_words=options.batch_words)
        model.build_vocab(**source)
        built, built_cpu = time.perf_counter(), time.process_time()
        if options.corpus_file:
            model.train(
                corpus_file=file.name, total_examples=model.corpus_count,
                total_words=model.corpus_total_words, epochs=options.epochs)
        else:
            model.train(sentences, total_examples=model.corpus_count, epochs=options.epochs)
        ended, ended_cpu = time.perf_counter(), time.process_time()
    inputs, outputs = np.zeros((count, options.dimensions), np.float32), np.zeros((count, options.dimensions), np.float32)
    bias = np.full(count, -np.inf, np.float32)
    popularity = collections.Counter(item for history in histories for item in history)
    for word, row in model.wv.key_to_index.items():
        inputs[int(word)], outputs[int(word)] = model.wv.vectors[row], model.syn1neg[row]
        bias[int(word)] = options.popularity_weight * math.log1p(popularity[int(word)])

    def scores_of(user):
        newest = list(dict.fromkeys(reversed(histories[user])))
        weights = options.recency_decay ** np.arange(len(newest))
        query = (weights[:, None] * inputs[newest]).sum(0) / weights.sum()
        return outputs @ query.astype(np.float32) + bias

    pairs = expected_pairs(histories, options.window, options.epochs)
    return {
        "pairs": round(pairs), "seconds": ended - began, "parts": {"vocabulary": built - began, "training": ended - built},
        "cpuSeconds": ended_cpu - built_cpu, "pairsPerSecond": pairs / (ended - built)}, scores_of


def implicit(options, histories, questions, count):
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    users = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    items = np.concatenate([np.array(history, dtype=np.int64) for history in histories])
    matrix = csr_matrix((np.ones(len(items), np.float32), (users, items)), shape=(len(histories), count))
    # Its confidence of a cell is alpha * r where the paper's, and ours, is 1 + alpha * r.
    matrix.data = 1 + options.confidence * matrix.data
    began, began_cpu = time.perf_counter(), time.process_time()
    model = AlternatingLeastSquares(
        factors=options.dimensions, regularization=options.regularization, alpha=1.0, iterations=options.epochs,
        num_threads=options.threads, random_state=options.seed)
    model.cg_steps = options.steps
    model.fit(matrix, show_progress=False)
    ended, ended_cpu = time.perf_counter(), time.process_time()
    asked = list(questions) or list(range(min(1000, len(histories))))
    began_folding = time.perf_counter()
    for user in asked[:1000]:
        model.recalculate_user(user, matrix[user])
    fold = (time.perf_counter() - began_folding) / max(len(asked[:1000]), 1) * 1e6

    def scores_of(user):
        return model.item_factors @ model.user_factors[user]

    cells = int(matrix.nnz)
    return {
        "cells": cells, "cpuSeconds": ended_cpu - began_cpu, "seconds": ended - began, "cellsPerSecond": 2 * options.epochs * cells / (ended - began),
        "foldMicros": fold}, scores_of


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=["gensim", "implicit"])
    parser.add_argument("--sequences")
    parser.add_argument("--events")
    parser.add_argument("--test")
    parser.add_argument("--made-up", help="a .npy of users and items")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negatives", type=int, default=10)
    parser.add_argument("--noise-exponent", type=float, default=0.75)
    parser.add_argument("--learning-rate", type=float, default=0.025)
    parser.add_argument("--popularity-weight", type=float, default=0.25)
    parser.add_argument("--recency-decay", type=float, default=0.7)
    parser.add_argument("--corpus-file", action="store_true")
    parser.add_argument("--batch-words", type=int, default=10_000)
    parser.add_argument("--confidence", type=float, default=10)
    parser.add_argument("--regularization", type=float, default=30)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    options.epochs = options.epochs or {"gensim": 3, "implicit": 15}[options.library]
    histories, questions, count = read(options)
    measured, scores_of = {"gensim": gensim, "implicit": implicit}[options.library](options, histories, questions, count)
    source = options.sequences or options.events or options.made_up
    measured |= {
        "dataset": os.path.basename(source), "model": options.library, "threads": options.threads,
        "dimensions": options.dimensions, "epochs": options.epochs, "questions": len(questions),
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "quality": quality(scores_of, histories, questions) if questions else {}}
    print(json.dumps(measured, sort_keys=True), flush=True)


if __name__ == "__main__":
    main()
