#!/usr/bin/env bash
# LambdaMART and its scorer beside XGBoost and LightGBM, on one machine in one session: NDCG, training, scoring.
#
#     Benchmarks/rank.sh [FOLDER [RESULTS]]
#
# Without FOLDER the rows are made up. FOLDER has learning-to-rank data, one set a folder: rank.train, rank.test and their .query files (as LightGBM's example
# has them), or *.txt.gz with qid (LETOR, MSLR-WEB), which is cut into 5 folds by request. RESULTS gets models, scores and
# tables (.build-bench/rank without it). Settings, from the environment:
#
#     ROUNDS=5       scoring is timed in turn, so often; the table has medians
#     SETTINGS=...   of ours, beside 100 trees of 31 leaves, 6 deep, learning rate .1
#
# Needs python3 with pip (xgboost, lightgbm and numpy come into a folder of their own) and, for XGBoost 1.7's own rank:ndcg,
# the library that magpie trains with (libxgboost0).
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

data=${1:-} folder=${2:-$scratch/rank} rounds=${ROUNDS:-5}
read -ra settings <<<"${SETTINGS:-}"
mkdir -p "$folder"
python=${PYTHON:-$scratch/venv-rank/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$scratch/venv-rank"
    "$scratch/venv-rank/bin/pip" install --quiet numpy scipy pandas narwhals
    "$scratch/venv-rank/bin/pip" install --quiet --no-deps 'xgboost-cpu==3.*' 'lightgbm==4.*'
fi
peers() { "$python" "$here/rank-peers.py" "$@"; }

# Each set becomes pairs of files NAME.train, NAME.test, perhaps with .query.
[ -n "$data" ] || peers made "$folder/made-up"
for set in ${data:+"$data"/*/}; do
    name=$(basename "$set")
    if [ -e "$set/rank.train" ]; then
        for part in train test; do
            cp -f "$set/rank.$part" "$folder/$name.$part"
            cp -f "$set/rank.$part.query" "$folder/$name.$part.query"
            chmod u+w "$folder/$name.$part" "$folder/$name.$part.query"
        done
    fi
    for file in "$set"/*.txt.gz; do
        [ -e "$file" ] && peers folds "$file" "$folder/$name"
    done
done

: >"$folder/quality.jsonl"
for train in "$folder"/*.train; do
    base=${train%.train}
    groups=() own=()
    if [ -e "$train.query" ]; then
        groups=(--train-groups "$train.query" --test-groups "$base.test.query")
    fi
    own=(--train "$train" --test "$base.test" "${groups[@]}")
    say "$(basename "$base")"
    "$magpie" bench rank "${own[@]}" --trees 100 --leaves 31 --depth 6 --learning-rate 0.1 --held-out 0 \
        --minimum-child-weight 0.001 --l2 1 --column-sample 1 --truncation 30 \
        "${settings[@]}" --scores "$base.magpie.scores" --json >"$base.magpie.json"
    for system in xgboost lightgbm xgboost-1.7; do
        peers train "$system" "${own[@]}" --scores "$base.$system.scores" --out "$base.$system" >"$base.$system.report"
    done
done

: >"$folder/time.jsonl"
for ((round = 1; round <= rounds; round++)); do
    say "scoring, round $round of $rounds"
    for train in "$folder"/*.train; do
        base=${train%.train}
        case $base in *.fold[1-9]) continue ;; esac
        groups=()
        [ -e "$base.test.query" ] && groups=(--test-groups "$base.test.query")
        for model in "$base.xgboost.json" "$base.lightgbm.txt" "$base.xgboost-1.7.json"; do
            [ -e "$model" ] || continue
            "$magpie" bench rank --model "$model" --test "$base.test" "${groups[@]}" --scores "$model.scores" --json \
                >"$model.ours"
            peers time "$model" --test "$base.test" "${groups[@]}" --ours "$model.ours" --ours-scores "$model.scores" \
                | tee -a "$folder/time.jsonl"
        done
    done
done
peers table "$folder" | tee "$folder/table.md"
