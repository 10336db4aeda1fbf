#!/usr/bin/env python3
"""Lists on a visit beside lists for everybody: the visits of auto.sh, and what they were answered.

    auto.py visit PORT USERS.txt OUT.jsonl [--mode auto]      each user asks once, four at a time; answers in the order of the file
    auto.py compare A.jsonl B.jsonl                           users whose items are the same, in the same order
"""

import argparse
import concurrent.futures
import json
import sys
import time
import urllib.parse
import urllib.request

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
verbs = parser.add_subparsers(dest="verb", required=True)
visit = verbs.add_parser("visit")
visit.add_argument("port", type=int)
visit.add_argument("users")
visit.add_argument("out")
visit.add_argument("--mode", default="auto")
compare = verbs.add_parser("compare")
compare.add_argument("a")
compare.add_argument("b")
a = parser.parse_args()


def ask(user):
    query = urllib.parse.urlencode({"user": user, "count": 10, "mode": a.mode})
    with urllib.request.urlopen(f"http://127.0.0.1:{a.port}/v1/recommendations?{query}", timeout=60) as response:
        answer = json.load(response)
    return {"user": user, "rung": answer["rung"], "items": [item["id"] for item in answer["items"]]}


def read(path):
    return {line["user"]: line for line in map(json.loads, open(path, encoding="utf-8"))}


if a.verb == "visit":
    users = [line.strip() for line in open(a.users, encoding="utf-8")]
    begin = time.time()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, users))
    with open(a.out, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(answer) + "\n" for answer in answers)
    rungs = {}
    for answer in answers:
        rungs[answer["rung"]] = rungs.get(answer["rung"], 0) + 1
    print(f"{len(answers)} visits in {time.time() - begin:.1f} s: {rungs}")
else:
    one, other = read(a.a), read(a.b)
    if one.keys() != other.keys():
        sys.exit(f"error: {a.a} and {a.b} are about other users")
    same = sum(one[user]["items"] == other[user]["items"] for user in one)
    sets = sum(set(one[user]["items"]) == set(other[user]["items"]) for user in one)
    print(f"{same} of {len(one)} answers are the same, item by item; {sets} hold the same items")
