#!/usr/bin/env bash
# Each retriever by itself, through the program as it is.
#
#     Benchmarks/retrievers.sh [static TRAIN.tsv TEST.tsv MOVIES_FOLDER]
#     Benchmarks/retrievers.sh sequences SEQUENCES.txt ...
#     Benchmarks/retrievers.sh sessions TRAIN.txt TEST.tsv
#     Benchmarks/retrievers.sh costs
#
# static     ndcg@10 and recall@20 by the static protocol (see static-quality.sh), the recall of each retriever's first
#            150 and of all of them together. Without arguments on the demo's films.
# sequences  HR@10 and NDCG@10 of the last item of each user, all items ranked; directed transitions blended with RP3beta;
#            the blend, and one of two settings of transitions, chosen on the item before the last with a home trained on what
#            came before it; and once more with the order of what is known destroyed.
# sessions   P@20 and MRR@20 of session neighbours beside a plain V-SKNN in Python.
# costs      time, memory and bytes of each table on ten million made-up events, of EASE at 5,000 to 20,000 items.
#
# Results and homes are under .build-bench/retrievers.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

mode=${1:-static}
shift $(($# > 0 ? 1 : 0))
out=$scratch/retrievers
mkdir -p "$out"

train() { # HOME [CONFIGURATION]
    [ -z "${2:-}" ] || echo "$2" >"$1/magpie.json"
    python3 "$here/measure.py" "$magpie" train --home "$1" >"$1.train.log"
}

batch() { # HOME RETRIEVER COUNT FILE [MORE ...]
    local home=$1 retriever=$2 count=$3 file=$4
    shift 4
    "$magpie" batch --home "$home" --users all --count "$count" --at last-event --format trec --output "$file" \
        --retriever "$retriever" "$@" >/dev/null
}

static() {
    local train test movies home=$out/static
    if [ $# = 0 ]; then
        "$root/scripts/get-movielens" "$root/demo-data"
        movies=$root/demo-data/ml-latest-small train=$scratch/static.train.tsv test=$scratch/static.test.tsv
        python3 "$here/split-static.py" "$movies/ratings.csv" "$train" "$test"
    else
        train=$(realpath "$1") test=$(realpath "$2") movies=$(realpath "$3")
    fi
    rm -rf "$home" "$home.films"
    mkdir -p "$home.films"
    cp "$movies/movies.csv" "$home.films/"
    echo "userId,movieId,rating,timestamp" >"$home.films/ratings.csv"
    say "import and train"
    "$magpie" import "$home.films" --home "$home" >/dev/null
    "$magpie" import "$train" --home "$home" --columns user,item,rating,timestamp --time-unit s --kind rating >/dev/null
    train "$home"
    local retrievers=(embedding neighbours neighbours-recent transitions transitions-recent ease ease-recent cosine cosine-recent
        sessions semantic trending covisits popular) files=()
    for retriever in "${retrievers[@]}"; do
        batch "$home" "$retriever" 150 "$out/$retriever.trec"
        files+=("$out/$retriever.trec")
    done
    for system in whole fusion; do
        "$magpie" batch --home "$home" --users all --count 150 --at last-event --format trec \
            --output "$out/$system.trec" $([ $system = whole ] || echo --no-ranker) >/dev/null
    done
    if [ ! -x "$scratch/venv/bin/python" ]; then python3 -m venv "$scratch/venv"; fi
    "$scratch/venv/bin/python" -c 'import numpy, pytrec_eval' 2>/dev/null ||
        "$scratch/venv/bin/pip" install --quiet numpy pytrec_eval-terrier
    say "quality"
    "$scratch/venv/bin/python" "$here/score.py" "$test" "$out/whole.trec" "$out/fusion.trec" "${files[@]}"
    say "candidates"
    python3 "$here/retrievers/union.py" 150 "$test" "${files[@]}"
}

# Everything that is not asked here is made as small as it can be. RP3beta's numbers were chosen on LastFM's items before
# the last.
sequence_configuration() { # TRANSITIONS
    cat <<END
{
    "walks": {"walksPerNode": 1}, "embedding": {"skipGram": {"dimensions": 8, "epochs": 0}},
    "queryEncoder": {"epochs": 0, "buckets": 2}, "index": {"minimumItems": 1000000000}, "semantic": {"maximumItems": 0},
    "neighbours": {"alpha": 0.5, "beta": 0.6, "recencyDecay": 0.93},
    "transitions": {$1},
    "ranker": {"searchQueries": 0, "model": {"maximumSteps": 1}}, "split": {"kind": "user", "minimumHistory": 1000000},
    "scenarios": [{"name": "home", "retrievers": ["neighbours", "transitions"], "candidatesPerRetriever": 200,
        "excludeSeen": true, "useRanker": false, "onePerGroup": false},
        {"name": "next", "retrievers": ["sessions"], "candidatesPerRetriever": 200,
        "excludeSeen": false, "useRanker": false, "onePerGroup": false}]
}
END
}

# What goes from one item to the next: mostly the very next (the defaults), or much that is further on, and away from what
# is popular anyway.
declare -A transitions=(
    [near]='"recent": {"items": 20, "recencyDecay": 0.5}'
    [far]='"gapExponent": 0.5, "backward": 0, "alpha": 0.75, "beta": 0.15, "recent": {"items": 20, "recencyDecay": 0.6}'
)

sequences() {
    local file name leave order home settings
    for file in "$@"; do
        name=$(basename "$file" .txt)
        for order in file blind; do
            say "$name, order: $order"
            for settings in near far; do
                for leave in 2 1; do
                    home=$out/$name-$order-$settings-$leave
                    rm -rf "$home"
                    python3 "$here/retrievers/sequences.py" events "$file" "$home.csv" "$home.tsv" --leave "$leave" \
                        --order "$order"
                    "$magpie" import "$home.csv" --home "$home" --kind view --time-unit s >/dev/null
                    train "$home" "$(sequence_configuration "${transitions[$settings]}")"
                    local asked=(transitions-recent neighbours)
                    [ "$leave" != 1 ] || asked+=(transitions neighbours-recent ease cosine sessions)
                    for retriever in "${asked[@]}"; do
                        batch "$home" "$retriever" 200 "$home.$retriever.trec"
                    done
                done
            done
            python3 "$here/retrievers/sequences.py" score "$out/$name-$order-near-1.tsv" \
                "$out/$name-$order-near-1".{transitions,transitions-recent,neighbours,neighbours-recent,ease,cosine,sessions}.trec
            python3 "$here/retrievers/sequences.py" blend "$out" "$name-$order" --settings near far --valid 2 --test 1
        done
    done
}

sessions() {
    local train=$1 test=$2 home=$out/sessions
    rm -rf "$home"
    say "import and train"
    # Each session a user of its own, a day after the one before; then the prefixes, which no table has seen.
    awk 'BEGIN { print "user,item,time" }
        { for (i = 1; i <= NF; i++) printf "s%d,%s,%d\n", NR, $i, NR * 600 + i }' "$train" >"$home.csv"
    "$magpie" import "$home.csv" --home "$home" --kind view --time-unit s >/dev/null
    train "$home" "$(sequence_configuration "${transitions[near]}")"
    awk -F '\t' -v begin="$(wc -l <"$train")" 'BEGIN { print "user,item,time" }
        { n = split($1, items, " "); for (i = 1; i <= n; i++) printf "t%d,%s,%d\n", NR, items[i], (begin + NR) * 600 + i
        }' "$test" >"$home.asked.csv"
    awk -F '\t' '{ printf "t%d\t%s\n", NR, $2 }' "$test" >"$home.tsv"
    "$magpie" import "$home.asked.csv" --home "$home" --kind view --time-unit s >/dev/null
    "$magpie" batch --home "$home" --users all --count 20 --at last-event --format trec --scenario next \
        --output "$home.trec" --retriever sessions
    say "quality"
    python3 "$here/retrievers/precision.py" "$home.tsv" "$home.trec"
    python3 "$here/retrievers/vsknn.py" "$train" "$test" --score program
    python3 "$here/retrievers/vsknn.py" "$train" "$test" --score paper
}

costs() {
    local table items threads
    for table in neighbours transitions cosine sessions ease; do
        say "$table, ten million events"
        "$magpie" bench neighbours --table "$table" --events 10000000 --users 200000 --items 50000 --threads 2
    done
    for items in 5000 10000 20000; do
        for threads in 1 2; do
            say "EASE, $items items, threads: $threads"
            "$magpie" bench neighbours --table ease --items "$items" --events 2000000 --users 40000 --threads "$threads"
        done
    done
}

case $mode in
    static | sequences | sessions | costs) $mode "$@" ;;
    *)
        echo "usage: $0 [static [TRAIN TEST MOVIES_FOLDER] | sequences FILE ... | sessions TRAIN TEST | costs]" >&2
        exit 64
        ;;
esac
