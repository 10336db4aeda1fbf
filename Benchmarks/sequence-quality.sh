#!/usr/bin/env bash
# The whole system on sequences: the last item of each user is asked for, among all that they have not touched.
#
#     Benchmarks/sequence-quality.sh SEQUENCES.txt ...
#
# Trained on all before it, with the settings as they come. LEAVE=2 asks for the item before the last, and leaves the last out:
# the validation part. ORDER=blind takes the order away from all that is known (such files order what happened in one moment).
# Beside it fusion and single retrievers. CONFIGURATION='{...}' for a magpie.json; SEEDS="2 3 4 5" to train the whole once more
# with each.
# Results and homes are under .build-bench/sequences.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    echo "skipped: it needs SEQUENCES.txt ..."
    exit
fi
out=$scratch/sequences leave=${LEAVE:-1} order=${ORDER:-file}
mkdir -p "$out"

for file in "$@"; do
    name=$(basename "$file" .txt)
    home=$out/$name-$order-$leave
    say "$name: train on all but the last $leave, order: $order"
    rm -rf "$home" "$home".*
    python3 "$here/retrievers/sequences.py" events "$file" "$home.csv" "$home.tsv" --leave "$leave" --order "$order"
    "$magpie" import "$home.csv" --home "$home" --kind view --time-unit s >/dev/null
    [ -z "${CONFIGURATION:-}" ] || echo "$CONFIGURATION" >"$home/magpie.json"
    python3 "$here/measure.py" "$magpie" train --home "$home" | tee "$home.train.log" | grep -E "rank home|processor time"
    files=()
    for system in whole fusion transitions-recent neighbours ease sessions; do
        case $system in
            whole) more=() ;;
            fusion) more=(--no-ranker) ;;
            *) more=(--retriever "$system") ;;
        esac
        "$magpie" batch --home "$home" --users all --count 50 --at last-event --format trec \
            --output "$home.$system.trec" "${more[@]}" >/dev/null
        files+=("$home.$system.trec")
    done
    for seed in ${SEEDS:-}; do
        "$magpie" train --home "$home" --seed "$seed" --force >"$home.train-$seed.log"
        "$magpie" batch --home "$home" --users all --count 50 --at last-event --format trec \
            --output "$home.whole-$seed.trec" >/dev/null
        files+=("$home.whole-$seed.trec")
    done
    say "$name: quality"
    python3 "$here/retrievers/sequences.py" score "$home.tsv" "${files[@]}"
done
