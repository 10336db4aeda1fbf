#!/usr/bin/env python3
"""Builds a text index with bm25s or tantivy and asks it; prints a JSON line like those of `magpie bench text`.

    text-peers.py bm25s|tantivy DOCUMENTS.tsv QUERIES.tsv [--k 10] [--qrels FILE] [--run FILE] [--threads 2]

Both with BM25, k1 1.2, b .75, English stop words and stemming, as each of them has it. Queries are asked one after
another on one thread, after a pass that warms up; of five passes the median. The build is timed from texts in memory,
tokenizing and all, to the files on disk. bm25s scores with numba (its fastest backend); stemming of its queries is inside
the time, as it is for the others. tantivy has one writer thread a core by default; here it gets --threads.
"""

import argparse
import json
import math
import os
import statistics
import tempfile
import time


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [text.rstrip("\n").partition("\t")[::2] for text in file]


class BM25S:
    def __init__(self, texts, folder, threads):
        import bm25s
        import Stemmer

        self.bm25s, self.stemmer = bm25s, Stemmer.Stemmer("english")
        # Long lists of stop words are what its own documentation advises for English.
        self.options = {"stopwords": "en", "stemmer": self.stemmer, "show_progress": False}
        tokens = bm25s.tokenize(texts, **self.options)
        self.index = bm25s.BM25(k1=1.2, b=0.75, method="lucene", backend="numba")
        self.index.index(tokens, show_progress=False)
        self.index.save(folder)
        self.count = len(texts)

    def ask(self, text, k):
        tokens = self.bm25s.tokenize([text], return_ids=False, **self.options)
        if not tokens[0]:
            return []
        found, scores = self.index.retrieve(
            tokens, k=min(k, self.count), show_progress=False, n_threads=0, backend_selection="numba"
        )
        return [int(d) for d, s in zip(found[0], scores[0]) if s > 0]


class Tantivy:
    def __init__(self, texts, folder, threads):
        import tantivy

        self.tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("id", stored=False, fast=True)
        builder.add_text_field("text", stored=False, tokenizer_name="english", index_option="freq")
        analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stopword("english"))
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self.index = tantivy.Index(builder.build(), path=folder)
        self.index.register_tokenizer("english", analyzer)
        writer = self.index.writer(heap_size=512 << 20, num_threads=threads)
        for number, text in enumerate(texts):
            writer.add_document(tantivy.Document(id=number, text=text))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def ask(self, text, k):
        words = "".join(letter if letter.isalnum() else " " for letter in text)
        if not words.strip():
            return []
        query = self.index.parse_query(words.lower(), ["text"])
        return self.searcher.search(query, k, count=False).hits

    def ids(self, hits):
        addresses = [address for _, address in hits]
        return [int(v) for v in self.searcher.fast_field_values("id", addresses)]


def quality(index, queries, path, documents):
    gains = {}
    with open(path, encoding="utf-8") as file:
        for text in file:
            query, _, document, gain = text.split()
            if float(gain) > 0:
                gains.setdefault(query, {})[document] = float(gain)
    ndcg, ap = [], []
    for query, text in queries:
        if query not in gains:
            continue
        hits = index.ask(text, 1000)
        found = [documents[n][0] for n in (index.ids(hits) if hasattr(index, "ids") else hits)]
        wanted = gains[query]
        ideal = sum(g / math.log2(p + 2) for p, g in enumerate(sorted(wanted.values(), reverse=True)[:10]))
        ndcg.append(sum(wanted.get(d, 0) / math.log2(p + 2) for p, d in enumerate(found[:10])) / ideal)
        right, total = 0, 0.0
        for place, document in enumerate(found):
            if document in wanted:
                right += 1
                total += right / (place + 1)
        ap.append(total / len(wanted))
    return statistics.fmean(ndcg), statistics.fmean(ap)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=["bm25s", "tantivy"])
    parser.add_argument("documents")
    parser.add_argument("queries")
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--qrels")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    documents, queries = rows(arguments.documents), rows(arguments.queries)
    with tempfile.TemporaryDirectory() as folder:
        texts = [text for _, text in documents]
        began = time.perf_counter()
        index = (BM25S if arguments.library == "bm25s" else Tantivy)(texts, folder, arguments.threads)
        seconds = time.perf_counter() - began
        size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)
        asked = [text for _, text in queries]
        for text in asked:
            index.ask(text, arguments.k)
        passes = []
        for _ in range(5):
            taken = []
            for text in asked:
                start = time.perf_counter_ns()
                index.ask(text, arguments.k)
                taken.append(time.perf_counter_ns() - start)
            passes.append(sorted(taken))
            if sum(taken) > 20e9:
                break
        taken = sorted(passes, key=sum)[len(passes) // 2]
        point = {
            "library": arguments.library,
            "documents": len(documents),
            "queries": len(queries),
            "k": arguments.k,
            "qps": round(len(taken) / (sum(taken) / 1e9), 1),
            "p50Micros": taken[len(taken) // 2] / 1e3,
            "p99Micros": taken[min(len(taken) - 1, int(len(taken) * 0.99))] / 1e3,
            "maxMicros": taken[-1] / 1e3,
            "buildSeconds": round(seconds, 3),
            "bytes": size,
        }
        if arguments.qrels:
            ndcg, ap = quality(index, queries, arguments.qrels, documents)
            point.update(ndcg10=round(ndcg, 5), map=round(ap, 5))
    print(json.dumps(point))


main()
