#!/usr/bin/env bash
# Quality by the replay protocol, scored by somebody else's program (pytrec_eval).
#
#     Benchmarks/replay-quality.sh [TRAIN.tsv TEST.tsv MOVIES_FOLDER [OUT]]
#
# The same items are asked about as by the static protocol (see static-quality.sh), but history is lived through once
# more: a fit at each of twelve equal steps of the events of TEST on all that came before, live state between, each user
# asked at the moment of the first of their own. Without arguments the films are fetched as for the demo. REFITS=6, say,
# for other numbers of fits; CONFIGURATION='{...}' for another magpie.json; SEEDS="2 3 4 5" to live it once more with each.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

case $# in
    0)
        "$root/scripts/get-movielens" "$root/demo-data"
        movies=$root/demo-data/ml-latest-small
        train=$scratch/static.train.tsv test=$scratch/static.test.tsv out=$scratch/replay-quality
        python3 "$here/split-static.py" "$movies/ratings.csv" "$train" "$test"
        ;;
    3 | 4)
        train=$(realpath "$1") test=$(realpath "$2") movies=$(realpath "$3")
        out=$(realpath -m "${4:-$scratch/replay-quality}")
        ;;
    *)
        echo "usage: $0 [TRAIN.tsv TEST.tsv MOVIES_FOLDER [OUT]]" >&2
        exit 64
        ;;
esac

say "import"
home=$out/home
mkdir -p "$out"
rm -rf "$home" "$out/runs" "$out/films"
mkdir "$out/films"
cp "$movies/movies.csv" "$out/films/"
echo "userId,movieId,rating,timestamp" >"$out/films/ratings.csv"
[ ! -f "$movies/links.csv" ] || cp "$movies/links.csv" "$out/films/"
"$magpie" import "$out/films" --home "$home"
# Of each user's events the last fifth is held out, which is TEST: events of one second stand in the order of import.
for part in "$train" "$test"; do
    "$magpie" import "$part" --home "$home" --columns user,item,rating,timestamp --time-unit s --kind rating
done
[ -z "${CONFIGURATION:-}" ] || echo "$CONFIGURATION" >"$home/magpie.json"

say "replay"
python3 "$here/measure.py" "$magpie" evaluate --home "$home" --protocol replay --refits "${REFITS:-12}" --segments \
    --runs "$out/runs"
for seed in ${SEEDS:-}; do
    say "seed $seed"
    python3 "$here/measure.py" "$magpie" evaluate --home "$home" --protocol replay --refits "${REFITS:-12}" \
        --runs "$out/runs-$seed" --seed "$seed" >/dev/null
    cp "$out/runs-$seed/home.whole.trec" "$out/runs/home.whole-$seed.trec"
done

say "scores"
if [ ! -x "$scratch/venv/bin/python" ]; then python3 -m venv "$scratch/venv"; fi
"$scratch/venv/bin/python" -c 'import numpy, pytrec_eval' 2>/dev/null ||
    "$scratch/venv/bin/pip" install --quiet numpy pytrec_eval-terrier
cd "$out/runs"
# The held-out part is the file's: the program's own cut must be the same one.
cut -f 1,2 "$test" | sort >"$out/asked.txt"
awk '{ print $1 "\t" $3 }' home.qrels | sort >"$out/qrels.txt"
cmp "$out/asked.txt" "$out/qrels.txt"
others=()
for run in home.*.trec; do [ "$run" = home.whole.trec ] || others+=("$run"); done
"$scratch/venv/bin/python" "$here/score.py" "$test" home.whole.trec "${others[@]}"
