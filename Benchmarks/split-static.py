#!/usr/bin/env python3
"""Cuts a MovieLens ratings.csv by the static protocol: ratings of at least 4, users with at least 5 of them; of each
user's, sorted by time and then by item, the first 80 % (rounded down) are for training and the rest is the test.

    split-static.py ratings.csv TRAIN.tsv TEST.tsv

Both files: user, item, rating, timestamp; tab-separated, no header. Python's standard library only.
"""
import csv
import sys


def main(ratings, train, test):
    users = {}
    with open(ratings, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if float(row["rating"]) >= 4:
                users.setdefault(int(row["userId"]), []).append((int(row["timestamp"]), int(row["movieId"]), row))
    with open(train, "w", encoding="utf-8") as known, open(test, "w", encoding="utf-8") as asked:
        for user in sorted(users):
            rows = sorted(users[user], key=lambda entry: entry[:2])
            if len(rows) < 5:
                continue
            cut = len(rows) * 4 // 5
            for place, (time, item, row) in enumerate(rows):
                file = known if place < cut else asked
                file.write(f"{user}\t{item}\t{row['rating']}\t{time}\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
