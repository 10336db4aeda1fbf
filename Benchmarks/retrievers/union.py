#!/usr/bin/env python3
"""What a second stage could find at most: the recall of each list and of their union, cut at the same depth.

    union.py DEPTH TEST.tsv RUN.trec ...

TEST.tsv: user, item, ...; tab-separated, no header. Means over the users of the test; a user without a list has recall 0.
"""
import sys


def main(depth, test, runs):
    relevant = {}
    for line in open(test, encoding="utf-8"):
        user, item, *_ = line.rstrip("\n").split("\t")
        relevant.setdefault(user, set()).add(item)
    union = {user: set() for user in relevant}

    def recall(lists):
        shares = [len(items & lists.get(user, set())) / len(items) for user, items in relevant.items()]
        found = sum(len(items & lists.get(user, set())) for user, items in relevant.items())
        return sum(shares) / len(shares), found / sum(map(len, relevant.values()))

    print(f"{'run':<24} {'recall@' + str(depth):>12} {'of all positives':>18}")
    for path in runs:
        lists = {}
        for line in open(path, encoding="utf-8"):
            user, _, item, place, *_ = line.split()
            if int(place) <= depth:
                lists.setdefault(user, set()).add(item)
        for user in union:
            union[user] |= lists.get(user, set())
        mean, pooled = recall(lists)
        print(f"{path.rsplit('/', 1)[-1].removesuffix('.trec'):<24} {mean:12.4f} {pooled:18.4f}")
    mean, pooled = recall(union)
    sizes = sorted(len(items) for items in union.values())
    print(f"{'union':<24} {mean:12.4f} {pooled:18.4f}   {sum(sizes) / len(sizes):.0f} items on average, "
          f"{sizes[len(sizes) // 2]} in the median")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
