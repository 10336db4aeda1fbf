#!/usr/bin/env bash
# The vector index beside ScaNN, faiss, hnswlib, usearch, SVS and Voyager, on one machine in one session.
#
#     Benchmarks/ann.sh [DATASETS_FOLDER [OUT [DATASET ...]]]
#
# DATASETS_FOLDER is made by ann-datasets.py (what is missing is made now); OUT gets sweeps, rounds and table.md.
# DATASET: all that the folder has, if none is named. Without any argument: clustered-200k alone, with a short sweep of
# three peers (about 15 minutes). Settings, from the environment:
#
#     LIBRARIES="scann hnswlib"   which peers (ann-peers.py --list), all without it
#     BUDGET=900                  seconds that a library's sweep may begin new builds on a dataset
#     FURTHER=600                 seconds that sweeps which are in OUT already go on from where they ended; 0 without it
#     ROUNDS=5                    ours and each peer in turn: so often; the table has medians
#     REBUILD=30                  a peer's index that was built in so many seconds is built again each round, others once
#
# Where a dataset has a NAME.calibration.npy, queries like those that will be asked but others, ours is calibrated on it;
# else on rows of the base. First each peer's parameters are swept (a sweep that is in OUT already is not run again: delete it to). Then, in
# rounds, ours and each peer's best points in turn.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    set -- "$scratch/ann-data" "$scratch/ann" clustered-200k
    LIBRARIES=${LIBRARIES:-scann hnswlib faiss-ivfpq} BUDGET=${BUDGET:-90}
fi
data=$1 out=${2:-$scratch/ann} budget=${BUDGET:-900} rounds=${ROUNDS:-5} rebuild=${REBUILD:-30}
shift $(($# < 2 ? $# : 2))
mkdir -p "$data" "$out"
data=$(realpath "$data") out=$(realpath "$out")

python=$scratch/venv-ann/bin/python
[ -x "$python" ] || python3 -m venv "$scratch/venv-ann"
"$python" -c 'import numpy, faiss, threadpoolctl' 2>/dev/null ||
    "$scratch/venv-ann/bin/pip" install --quiet 'numpy==2.*' 'faiss-cpu==1.*' 'threadpoolctl==3.*'
for package in scann:scann==1.* hnswlib:hnswlib==0.* usearch:usearch==2.* svs:scalable-vs==0.* voyager:voyager==2.*; do
    # One that has no build for this machine is left out, and its lines of the table are missing.
    "$python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('${package%%:*}') is None)" ||
        "$scratch/venv-ann/bin/pip" install --quiet "${package#*:}" || echo "warning: without ${package#*:}" >&2
done
read -r -a libraries <<<"${LIBRARIES:-$("$python" "$here/ann-peers.py" --list)}"

if [ $# -gt 0 ]; then
    datasets=("$@")
    for dataset in "${datasets[@]}"; do
        [ -e "$data/$dataset.json" ] || "$python" "$here/ann-datasets.py" "$data" "$dataset"
    done
else
    compgen -G "$data/*.truth1000.npy" >/dev/null || "$python" "$here/ann-datasets.py" "$data"
    datasets=()
    for file in "$data"/*.truth1000.npy; do datasets+=("$(basename "$file" .truth1000.npy)"); done
fi

ours() { # DATASET: one build for k 10 and one for 200, all usual recalls of each
    local metric k more=()
    [ -e "$data/$1.calibration.npy" ] && more=(--calibration "$data/$1.calibration.npy")
    metric=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["metric"])' "$data/$1.json")
    for k in 10 200; do
        "$magpie" bench index --base "$data/$1.base.npy" --queries "$data/$1.queries.npy" --metric "$metric" \
            --k "$k" --truth "$data/$1.truth1000.npy" --threads 2 --json "${more[@]}" >>"$out/$1.ours.jsonl.part"
    done
}

for dataset in "${datasets[@]}"; do
    for library in "${libraries[@]}"; do
        sweep=$out/$dataset.$library.sweep.jsonl
        if [ ! -e "$sweep" ]; then
            say "$dataset: $library: the sweep"
            "$python" "$here/ann-peers.py" "$library" "$data/$dataset" --budget "$budget" \
                --saved "$out/indexes" >"$sweep.part"
            mv "$sweep.part" "$sweep"
        elif [ "${FURTHER:-0}" != 0 ]; then
            say "$dataset: $library: the sweep goes on"
            "$python" "$here/ann-peers.py" "$library" "$data/$dataset" --budget "$FURTHER" --resume "$sweep" \
                --saved "$out/indexes" >>"$sweep"
        fi
    done
    rm -f "$out/$dataset".{ours,peers}.jsonl.part
    for ((round = 1; round <= rounds; round++)); do
        say "$dataset: round $round of $rounds"
        ours "$dataset"
        for library in "${libraries[@]}"; do
            "$python" "$here/ann-peers.py" "$library" "$data/$dataset" \
                --points "$out/$dataset.$library.sweep.jsonl" --saved "$out/indexes" \
                --rebuild-under "$rebuild" >>"$out/$dataset.peers.jsonl.part"
        done
    done
    mv "$out/$dataset.ours.jsonl.part" "$out/$dataset.ours.jsonl"
    mv "$out/$dataset.peers.jsonl.part" "$out/$dataset.peers.jsonl"
    rm -rf "$out/indexes"
done

arguments=()
for dataset in "${datasets[@]}"; do
    arguments+=(--ours "$dataset=$out/$dataset.ours.jsonl" "$out/$dataset.peers.jsonl")
done
"$python" "$here/ann-table.py" "${arguments[@]}" | tee "$out/table.md"
