#!/usr/bin/env python3
"""A made-up shop: items of categories, users of tastes, what they clicked, bought and rated.

    serve-data.py FOLDER [--items 1000000] [--users 100000] [--history 200] [--categories 2000] [--seed 1]

Writes items.csv (id, title, category, price, year), events.csv (user, item, kind, value, timestamp, in order of time),
users.txt (an id a line, the most frequent first), item-ids.txt and texts.txt. A user likes a few categories and meets
popular items of them more often; popularity follows Zipf's law within a category and over categories. One event in ten is
of anything at all.
"""

import argparse
import os

import numpy as np

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder")
parser.add_argument("--items", type=int, default=1_000_000)
parser.add_argument("--users", type=int, default=100_000)
parser.add_argument("--history", type=int, default=200)
parser.add_argument("--categories", type=int, default=2_000)
parser.add_argument("--seed", type=int, default=1)
a = parser.parse_args()
a.categories = max(1, min(a.categories, a.items // 10))
random = np.random.default_rng(a.seed)
os.makedirs(a.folder, exist_ok=True)

WORDS = [
    first + second
    for first in "bri cal dor fen gla hul jas kel lum mor nev ost pra quil ros sten tor ulm ver wyn".split()
    for second in "a ade ber co dan el fin gor hem ia jo ka lin mo ner os pel ra sto tur".split()
]


def zipf(count, exponent):
    weights = 1 / np.arange(1, count + 1) ** exponent
    return np.cumsum(weights) / weights.sum()


# Items: category, and rank within it; a category has as many items as it is popular, five at least.
size = np.maximum(5, np.diff(zipf(a.categories, 0.7), prepend=0) * a.items).astype(np.int64)
size[0] += a.items - size.sum()
begin = np.concatenate([[0], np.cumsum(size)])
category = np.repeat(np.arange(a.categories), size)
numbers = random.permutation(a.items)  # ids say nothing about categories
price = np.round(np.exp(random.normal(2.5 + random.normal(0, 1, a.categories)[category], 0.5)), 2)
year = random.integers(1990, 2025, a.items)
words = random.integers(0, len(WORDS), (a.items, 2))
with open(os.path.join(a.folder, "items.csv"), "w", encoding="utf-8") as file:
    file.write("id,title,category,price,year\n")
    for i in range(a.items):
        name = f"{WORDS[words[i, 0]].capitalize()} {WORDS[words[i, 1]]} {WORDS[category[i] % len(WORDS)]} {i % 97}"
        file.write(f"i{numbers[i]},{name},c{category[i]},{price[i]},{year[i]}\n")
with open(os.path.join(a.folder, "texts.txt"), "w", encoding="utf-8") as file:
    for i in random.integers(0, a.items, 10_000):
        file.write(f"{WORDS[words[i, 0]]} {WORDS[words[i, 1]]}\n")

# Events, a block of users at a time, each user's spread over a year; sorted by time at the end.
share = zipf(a.categories, 0.8)
inside = [zipf(n, 0.9) for n in sorted(set(size.tolist()))]
table = dict(zip(sorted(set(size.tolist())), inside))
count = a.users * a.history
user = np.repeat(np.arange(a.users, dtype=np.int32), a.history)
item = np.empty(count, np.int32)
kind = random.choice(np.arange(3, dtype=np.int8), count, p=[0.8, 0.15, 0.05])
tastes = np.searchsorted(share, random.random((a.users, 4)))
for first in range(0, a.users, 5_000):
    part = slice(first * a.history, min(first + 5_000, a.users) * a.history)
    n = part.stop - part.start
    own = tastes[user[part], random.integers(0, 4, n)]
    own = np.where(random.random(n) < 0.1, np.searchsorted(share, random.random(n)), own)
    place, chance = np.empty(n, np.int64), random.random(n)
    for value in np.unique(size[own]):
        rows = size[own] == value
        place[rows] = np.searchsorted(table[value], chance[rows])
    item[part] = begin[own] + np.minimum(place, size[own] - 1)
time = 1_700_000_000 + np.sort(random.random((a.users, a.history)), axis=1).ravel() * 31_536_000
order = np.argsort(time, kind="stable")
kinds = ["click", "purchase", "rating"]
with open(os.path.join(a.folder, "events.csv"), "w", encoding="utf-8") as file:
    file.write("userId,itemId,kind,value,timestamp\n")
    for e in order:
        k = kind[e]
        value = price[item[e]] if k == 1 else 3 + e % 3 if k == 2 else ""
        file.write(f"u{user[e]},i{numbers[item[e]]},{kinds[k]},{value},{int(time[e])}\n")
with open(os.path.join(a.folder, "users.txt"), "w", encoding="utf-8") as file:
    file.writelines(f"u{u}\n" for u in random.permutation(a.users))
with open(os.path.join(a.folder, "item-ids.txt"), "w", encoding="utf-8") as file:
    file.writelines(f"i{numbers[i]}\n" for i in random.permutation(a.items)[:100_000])
