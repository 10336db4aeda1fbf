#!/usr/bin/env bash
# item2vec beside gensim and ALS beside implicit, on one machine in one session, in turn; medians and their ratios.
#
#     Benchmarks/embed.sh [TRAIN.tsv TEST.tsv [SEQUENCES.txt [OUT]]]
#
# TRAIN and TEST: user, item, rating, timestamp; tab-separated, no header. SEQUENCES: a line a user, the user and the
# items, oldest first; the last is asked for. Without arguments the demo's films, cut by split-static.py. Settings, from
# the environment:
#
#     ROUNDS=5          ours and each peer in turn: so often
#     LARGE=2000000     events of the made-up set on which speed is measured (it is too large for luck); 0: none
#
# Both sides have the same dimension, epochs, window, noise and threads; gensim reads a file with its own threads
# (corpus_file), which is its fastest way. Peers are called from Python, but only their own training is timed: gensim's
# vocabulary is not counted, ours is.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    "$root/scripts/get-movielens" "$root/demo-data"
    train=$scratch/static.train.tsv test=$scratch/static.test.tsv
    python3 "$here/split-static.py" "$root/demo-data/ml-latest-small/ratings.csv" "$train" "$test"
else
    train=$(realpath "$1") test=$(realpath "$2")
fi
sequences=${3:+$(realpath "$3")} out=${4:-$scratch/embed} rounds=${ROUNDS:-5} large=${LARGE:-2000000}
mkdir -p "$out"
out=$(realpath "$out")

python=$scratch/venv-embed/bin/python
[ -x "$python" ] || python3 -m venv "$scratch/venv-embed"
"$python" -c 'import gensim, implicit' 2>/dev/null || "$scratch/venv-embed/bin/pip" install --quiet gensim==4.* implicit==0.7.*

events=(--events "$train" --test "$test")
ours_events=("${events[@]}" --columns user,item,rating,timestamp --time-unit s)
item2vec=(--epochs 30 --window 10 --dimensions 64 --negatives 10 --noise-exponent 0.5)
# Chosen on the item before last of Toys and Games, ours by a random search of 70 settings.
long=(--epochs 30 --window 10 --dimensions 64 --negatives 10 --noise-exponent 0.5 --learning-rate 0.05
    --popularity-weight 0.1 --recency-decay 0.4)
als=(--epochs 15 --dimensions 64 --confidence "${CONFIDENCE:-5}" --regularization "${REGULARIZATION:-30}")
if [ "$large" -gt 0 ]; then
    # The same events for both: ours are made in the process, theirs read from a file that ours wrote.
    "$magpie" bench embed --made-up "$large" --users 100000 --items 30000 --model graph --keep-events "$out/made-up.npy" >/dev/null
fi

rm -f "$out"/*.jsonl
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    "$magpie" bench embed "${ours_events[@]}" "${item2vec[@]}" --threads 2 --seed "$round" >>"$out/films.ours.jsonl"
    "$python" "$here/embed-peers.py" gensim "${events[@]}" "${item2vec[@]}" --corpus-file --seed "$round" >>"$out/films.gensim.jsonl"
    "$magpie" bench embed "${ours_events[@]}" "${als[@]}" --model als --threads 2 --seed "$round" >>"$out/films-als.ours.jsonl"
    "$python" "$here/embed-peers.py" implicit "${events[@]}" "${als[@]}" --seed "$round" >>"$out/films-als.implicit.jsonl"
    if [ -n "$sequences" ]; then
        "$magpie" bench embed --sequences "$sequences" "${long[@]}" --threads 2 --seed "$round" >>"$out/sequences.ours.jsonl"
        "$python" "$here/embed-peers.py" gensim --sequences "$sequences" "${long[@]}" --corpus-file --seed "$round" >>"$out/sequences.gensim.jsonl"
    fi
    if [ "$large" -gt 0 ]; then
        made=(--made-up "$large" --users 100000 --items 30000 --threads 2)
        "$magpie" bench embed "${made[@]}" --epochs 1 --dimensions 64 >>"$out/large.ours.jsonl"
        "$python" "$here/embed-peers.py" gensim --made-up "$out/made-up.npy" --epochs 1 --dimensions 64 --corpus-file >>"$out/large.gensim.jsonl"
        "$magpie" bench embed "${made[@]}" --model als --epochs 5 --dimensions 64 >>"$out/large-als.ours.jsonl"
        "$python" "$here/embed-peers.py" implicit --made-up "$out/made-up.npy" --epochs 5 --dimensions 64 >>"$out/large-als.implicit.jsonl"
    fi
done
python3 "$here/embed-table.py" "$out" | tee "$out/table.md"
