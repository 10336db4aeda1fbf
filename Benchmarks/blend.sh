#!/usr/bin/env bash
# The blend of behaviour and text over an item's number of events n: 120 well-known films of which only the first n
# positives stay, and how many of the removed (user, film) pairs each retriever still finds among 100: the embedding, latent
# semantics of texts, RP3beta, and the three together.
#
#     Benchmarks/blend.sh [TRAIN.tsv MOVIES_FOLDER [OUT]]
#
# TRAIN: user, item, rating, timestamp; tab-separated, no header. Without arguments the films of the demo. Settings, from
# the environment: NUMBERS="0 1 2 5 10 20 40" WEIGHTS="0 2 20" (embedding.textWeight: a text counts as so many events).
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

case $# in
    0)
        "$root/scripts/get-movielens" "$root/demo-data"
        movies=$root/demo-data/ml-latest-small
        train=$scratch/blend.train.tsv out=$scratch/blend
        python3 "$here/split-static.py" "$movies/ratings.csv" "$train" "$scratch/blend.test.tsv"
        ;;
    2 | 3)
        train=$(realpath "$1") movies=$(realpath "$2") out=$(realpath -m "${3:-$scratch/blend}")
        ;;
    *)
        echo "usage: $0 [TRAIN.tsv MOVIES_FOLDER [OUT]]" >&2
        exit 64
        ;;
esac
mkdir -p "$out/films"
cp "$movies/movies.csv" "$out/films/"
echo "userId,movieId,rating,timestamp" >"$out/films/ratings.csv"

retrievers=(embedding semantic neighbours)
printf 'n\ttextWeight'
printf '\t%s' "${retrievers[@]}" fusion
printf '\n'
for n in ${NUMBERS:-0 1 2 5 10 20 40}; do
    python3 "$here/blend.py" make "$train" "$n" "$out/$n.train.tsv" "$out/$n.held.tsv"
    home=$out/home-$n
    rm -rf "$home"
    "$magpie" import "$out/films" --home "$home" >"$out/$n.log"
    "$magpie" import "$out/$n.train.tsv" --home "$home" --columns user,item,rating,timestamp --time-unit s --kind rating \
        >>"$out/$n.log"
    for weight in ${WEIGHTS:-0 2 20}; do
        # Nobody else is asked, and no ranker trained: that would take most of the time.
        echo "{\"embedding\": {\"textWeight\": $weight}, \"ease\": {\"maximumItems\": 0},
            \"ranker\": {\"searchQueries\": 0}, \"split\": {\"kind\": \"user\", \"minimumHistory\": 1000000},
            \"scenarios\": [{\"name\": \"home\", \"retrievers\": [\"embedding\", \"semantic\", \"neighbours\"],
            \"candidatesPerRetriever\": 200, \"excludeSeen\": true, \"useRanker\": false, \"onePerGroup\": false}]}" \
            >"$home/magpie.json"
        "$magpie" train --home "$home" --force >>"$out/$n.log" 2>&1
        printf '%s\t%s' "$n" "$weight"
        for retriever in "${retrievers[@]}" fusion; do
            if [ "$retriever" = fusion ]; then only=(--no-ranker); else only=(--retriever "$retriever"); fi
            "$magpie" batch --home "$home" --users all --count 100 --at last-event --format trec "${only[@]}" \
                --output "$out/$n.$weight.$retriever.trec" >>"$out/$n.log"
            printf '\t%s' "$(python3 "$here/blend.py" score "$out/$n.$weight.$retriever.trec" "$out/$n.held.tsv")"
        done
        printf '\n'
    done
done
