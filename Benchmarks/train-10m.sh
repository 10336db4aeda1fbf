#!/usr/bin/env bash
# Time and memory of every stage of training on a large log, and that 1 and 2 threads make the same bytes.
#
#     Benchmarks/train-10m.sh [EVENTS]     10,000,000 without an argument: about 12 GB of disk while it runs
#
# Events are made up (200,000 users, 50,000 items with a title and a genre, a few items loved by many) and the same on
# every machine. THREADS="2 1", from the environment: what to train with, one after the other.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

events=${1:-10000000}
folder=$(mktemp -d "$scratch/train.XXXXXX")
trap 'rm -rf "$folder"' EXIT

say "$events events"
python3 "$here/text-data.py" generated "$folder" --titles 50000 --words 30000 --queries 1 >/dev/null
awk -F '\t' '{ printf "{\"id\": \"i%d\", \"title\": \"%s\", \"genres\": [\"g%d\"]}\n", $1, $2, $1 % 23 }' \
    "$folder/generated.tsv" >"$folder/items.jsonl"
made_up_events "$events" >"$folder/events.csv"
"$magpie" import "$folder/items.jsonl" --home "$folder/home" --items >/dev/null
python3 "$here/measure.py" "$magpie" import "$folder/events.csv" --home "$folder/home" --kind view --time-unit s
rm "$folder/events.csv"

first=
for threads in ${THREADS:-2 1}; do
    say "threads: $threads"
    home=$folder/home
    rm -rf "$home/work" "$home/bundles"
    python3 "$here/measure.py" "$magpie" train --home "$home" --threads "$threads" --seed 1 --json >"$folder/report.json"
    python3 - "$folder/report.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
print(f"{'window':10} {'stage':16} {'seconds':>8} {'most MB':>8}  what")
for stage in report["stages"]:
    memory = stage.get("peakBytes", 0) / 2**20
    print(f"{stage['window']:10} {stage['stage']:16} {stage['seconds']:8.1f} {memory:8,.0f}  {stage['summary'][:90]}")
PYTHON
    bundle=$home/bundles/$(head -1 "$home/bundles/CURRENT")
    du -sm "$bundle" | awk '{ print "bundle: " $1 " MB" }'
    # The manifest says when it was made, so its content hash is compared.
    (cd "$bundle" && sha256sum ./*.safetensors && grep '"contentHash"' manifest.json) >"$folder/$threads.sums"
    if [ -n "$first" ] && ! diff "$folder/$first.sums" "$folder/$threads.sums"; then
        echo "error: the bundles differ" >&2
        exit 1
    fi
    [ -z "$first" ] || echo "the same bytes with $first and with $threads threads"
    first=${first:-$threads}
done
