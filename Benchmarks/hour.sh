#!/usr/bin/env bash
# An hour at half load: memory and disk minute by minute, beside the bounds that are configured.
#
#     Benchmarks/hour.sh FOLDER
#
# FOLDER has what serve.sh makes. Settings, from the environment: RATE=600 EVENTS=200 MINUTES=60 SERVED_MEGABYTES=64 PORT=8096
# Writes FOLDER/hour.tsv: minute, answers a second, ms p50 and p99, those that were not good, the process's memory, and what the log, its
# write-ahead file and the served lists take on the disk.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# != 1 ]; then
    echo "skipped: it needs FOLDER, where serve.sh made a shop"
    exit
fi
folder=$(realpath "$1") home=$folder/home port=${PORT:-8096}
source "$here/serving.bash"
# A log of served lists that an hour fills many times over; the other settings are the home's.
kept=$(cat "$home/magpie.json")
trap 'stop; echo "$kept" >"$home/magpie.json"' EXIT
python3 - "$home/magpie.json" "${SERVED_MEGABYTES:-64}" <<'P'
import json, sys
settings = json.load(open(sys.argv[1]))
settings.setdefault("retention", {})["servedMegabytes"] = int(sys.argv[2])
json.dump(settings, open(sys.argv[1], "w"), indent=2)
P
megabytes() { du -cm "$@" 2>/dev/null | awk 'END { print $1 }'; }

start "$home"
printf 'minute\tperSecond\tp50\tp99\tnotGood\tresidentMB\tlogMB\twalMB\tservedMB\n' | tee "$folder/hour.tsv"
for minute in $(seq "${MINUTES:-60}"); do
    ask_shop --port "$port" --rate "${RATE:-600}" --events "${EVENTS:-200}" --items "$folder/item-ids.txt" --warm-up 1 \
        --seconds 58 --seed "$minute" --json >"$folder/load.json"
    python3 - "$folder/load.json" "$minute" "$(awk '/VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status")" \
        "$(megabytes "$home/log.sqlite")" "$(megabytes "$home/log.sqlite-wal")" "$(megabytes "$home/served")" <<'P' | tee -a "$folder/hour.tsv"
import json, sys
report, rest = json.load(open(sys.argv[1])), sys.argv[2:]
sides = [report["questions"], report["events"]]
bad = sum(side["sent"] - side["ok"] for side in sides)
times = sides[0]["milliseconds"]
print(rest[0], f"{sides[0]['perSecond']:.0f}", f"{times['p50']:.1f}", f"{times['p99']:.1f}", bad, *rest[1:], sep="\t")
P
done
