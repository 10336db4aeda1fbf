#!/usr/bin/env bash
# Speed and memory of a large import, and that the same file again changes nothing.
#
#     Benchmarks/import-10m.sh [ROWS]      10,000,000 without an argument: about 3 GB of disk while it runs
#
# Events are made up (200,000 users, 50,000 items, a few items loved by many) and the same on every machine.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

rows=${1:-10000000}
folder=$(mktemp -d "$scratch/import.XXXXXX")
trap 'rm -rf "$folder"' EXIT

say "$rows rows"
made_up_events "$rows" rated >"$folder/events.csv"
ls -l "$folder/events.csv" | awk '{ printf "%.0f MB of CSV\n", $5 / 1e6 }'

for time in first second; do
    say "the $time import"
    python3 "$here/measure.py" "$magpie" import "$folder/events.csv" --home "$folder/home" --time-unit s --json \
        >"$folder/$time.json"
    python3 - "$folder/$time.json" "$folder/home/log.sqlite" <<'PYTHON'
import json, sqlite3, sys
report = json.load(open(sys.argv[1]))
rows = sum(file["rows"] for file in report["files"])
print(f"{rows:,} rows in {report['seconds']:.1f} s: {rows / report['seconds']:,.0f} rows a second")
print(f"{report['newEvents']:,} new, {report['knownEvents']:,} known already, {report['conflicts']:,} conflicts")
log = sqlite3.connect(f"file:{sys.argv[2]}?mode=ro", uri=True)
count, last = log.execute("SELECT COUNT(*), MAX(seq) FROM events").fetchone()
print(f"log: {count:,} events, the last is number {last:,}")
if sys.argv[1].endswith("second.json") and (report["newEvents"], report["knownEvents"]) != (0, rows):
    sys.exit("error: the second import changed something")
PYTHON
done
ls -l "$folder/home/log.sqlite" | awk '{ printf "\n%.0f MB of log.sqlite\n", $5 / 1e6 }'
