#!/usr/bin/env bash
# Quality by the static protocol, scored by somebody else's program (pytrec_eval).
#
#     Benchmarks/static-quality.sh [TRAIN.tsv TEST.tsv MOVIES_FOLDER [OUT]]
#
# TRAIN and TEST: user, item, rating, timestamp; tab-separated, no header. MOVIES_FOLDER has a MovieLens movies.csv
# (of which only the films are read, never the ratings). Without arguments the films are fetched as for the demo and
# cut by split-static.py. Two homes are trained on TRAIN alone: one as it comes (skip-gram over random walks), one
# with skip-gram over the plain histories, at the settings that were best for those on the validation part of train.
# SEEDS="2 3 4 5", from the environment: the first home is trained once more with each of these seeds.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

case $# in
    0)
        "$root/scripts/get-movielens" "$root/demo-data"
        movies=$root/demo-data/ml-latest-small
        train=$scratch/static.train.tsv test=$scratch/static.test.tsv out=$scratch/static-quality
        python3 "$here/split-static.py" "$movies/ratings.csv" "$train" "$test"
        ;;
    3 | 4)
        train=$(realpath "$1") test=$(realpath "$2") movies=$(realpath "$3")
        out=$(realpath -m "${4:-$scratch/static-quality}")
        ;;
    *)
        echo "usage: $0 [TRAIN.tsv TEST.tsv MOVIES_FOLDER [OUT]]" >&2
        exit 64
        ;;
esac

# A MovieLens folder with the films and no rating: the catalogue, and nothing of the test.
mkdir -p "$out"
rm -rf "$out/films" "$out"/home-walks "$out"/home-sessions
mkdir "$out/films"
cp "$movies/movies.csv" "$out/films/"
echo "userId,movieId,rating,timestamp" >"$out/films/ratings.csv"
[ ! -f "$movies/links.csv" ] || cp "$movies/links.csv" "$out/films/"

make_home() {
    say "home-$1: import and train"
    local home=$out/home-$1
    "$magpie" import "$out/films" --home "$home"
    "$magpie" import "$train" --home "$home" --columns user,item,rating,timestamp --time-unit s --kind rating
    [ -z "${2:-}" ] || echo "$2" >"$home/magpie.json"
    python3 "$here/measure.py" "$magpie" train --home "$home"
}

run() {
    local home=$out/home-$1 file=$out/$2.trec
    shift 2
    "$magpie" batch --home "$home" --users all --count 100 --at last-event --format trec --output "$file" "$@"
}

seeds=()
make_home walks
make_home sessions '{"embedding": {"corpus": "sessions",
    "skipGram": {"window": 10, "epochs": 30, "noiseExponent": 0.5},
    "table": {"popularityWeight": 0.25, "recencyDecay": 0.7}}}'

say "run files"
run walks whole
run walks fusion --no-ranker
for retriever in embedding neighbours ease popular; do run walks "$retriever" --retriever "$retriever"; done
run sessions whole-sessions
run sessions embedding-sessions --retriever embedding
for seed in ${SEEDS:-}; do
    say "seed $seed"
    python3 "$here/measure.py" "$magpie" train --home "$out/home-walks" --seed "$seed"
    run walks "whole-$seed"
    seeds+=("whole-$seed")
done

say "scores"
if [ ! -x "$scratch/venv/bin/python" ]; then python3 -m venv "$scratch/venv"; fi
"$scratch/venv/bin/python" -c 'import numpy, pytrec_eval' 2>/dev/null ||
    "$scratch/venv/bin/pip" install --quiet numpy pytrec_eval-terrier
cd "$out"
names=(whole fusion embedding neighbours ease popular whole-sessions embedding-sessions "${seeds[@]}")
"$scratch/venv/bin/python" "$here/score.py" "$test" "${names[@]/%/.trec}"
echo
"$scratch/venv/bin/python" "$here/score.py" "$test" embedding.trec embedding-sessions.trec | tail -1
