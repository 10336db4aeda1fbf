#!/usr/bin/env bash
# The whole system on sessions of nobody in particular: what is touched next, after each prefix of a session that no model has
# seen; what was touched before may come again.
#
#     Benchmarks/session-quality.sh TRAIN.txt TEST.tsv
#
# TRAIN: a session a line, oldest first. TEST: "item item ...<tab>target". Settings as they come; the scenario is one of its own,
# because what was seen is shown again. Beside it fusion and session neighbours (V-SKNN) alone, with paired differences.
# CONFIGURATION='{...}' for another magpie.json; VALID=1 asks about the last tenth of the training sessions instead, each after
# all its items but one.
# Homes are under .build-bench/sessions.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    echo "skipped: it needs TRAIN.txt and TEST.tsv"
    exit
fi
home=$scratch/sessions/home
configuration=${CONFIGURATION:-'{"scenarios": [{"name": "next", "excludeSeen": false}]}'}
mkdir -p "$scratch/sessions"
rm -rf "$home" "$home".*
if [ -n "${VALID:-}" ]; then
    sessions=$(wc -l <"$1")
    head -n $((sessions * 9 / 10)) "$1" >"$home.train"
    tail -n +$((sessions * 9 / 10 + 1)) "$1" | awk 'NF > 1 {
        for (i = 1; i < NF; i++) printf "%s%s", $i, i < NF - 1 ? " " : "\t"; print $NF }' >"$home.test"
else
    cp "$1" "$home.train"
    cp "$2" "$home.test"
fi
# Each session a user of its own, ten minutes after the one before.
awk 'BEGIN { print "user,item,time" }
    { for (i = 1; i <= NF; i++) printf "s%d,%s,%d\n", NR, $i, NR * 600 + i }' "$home.train" >"$home.csv"
awk -F '\t' -v begin="$(wc -l <"$home.train")" 'BEGIN { print "user,item,time" }
    { n = split($1, items, " "); for (i = 1; i <= n; i++) printf "t%d,%s,%d\n", NR, items[i], (begin + NR) * 600 + i
    }' "$home.test" >"$home.asked.csv"
awk -F '\t' '{ printf "t%d\t%s\n", NR, $2 }' "$home.test" >"$home.tsv"

say "import and train"
"$magpie" import "$home.csv" --home "$home" --kind view --time-unit s >/dev/null
echo "$configuration" >"$home/magpie.json"
python3 "$here/measure.py" "$magpie" train --home "$home" | tee "$home.train.log" | grep -E "rank |processor time"
"$magpie" import "$home.asked.csv" --home "$home" --kind view --time-unit s >/dev/null
awk -F '\t' '{ print $1 }' "$home.tsv" >"$home.asked"
for system in whole fusion sessions; do
    case $system in
        whole) more=() ;;
        fusion) more=(--no-ranker) ;;
        *) more=(--retriever "$system") ;;
    esac
    "$magpie" batch --home "$home" --users "@$home.asked" --count 20 --at last-event --format trec --scenario next \
        --output "$home.$system.trec" "${more[@]}" >/dev/null
done
say "quality"
python3 "$here/retrievers/precision.py" "$home.tsv" "$home".{whole,fusion,sessions}.trec
