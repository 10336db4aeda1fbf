#!/usr/bin/env bash
# Newcomers and new films: what the program makes of one event, and of none.
#
#     Benchmarks/cold-start.sh [MOVIES_FOLDER [OUT]]
#
# users   A fifth of the users is hidden from training. Then their first 1, 3, 5 and 10 likes are imported, nothing is
#         trained, and each is asked: ndcg@10 of what they liked after the tenth, beside popularity and EASE's fold-in.
# items   A tenth of the films is hidden from all events, and is in the catalogue with its title and genres. Users are
#         asked for films among those only: recall@50 of what they liked of them, beside popularity by genre.
#
# MOVIES_FOLDER has a MovieLens ratings.csv and movies.csv; without it the films are fetched as for the demo.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    "$root/scripts/get-movielens" "$root/demo-data"
    movies=$root/demo-data/ml-latest-small
else
    movies=$(realpath "$1")
fi
out=$(realpath -m "${2:-$scratch/cold-start}")
rm -rf "$out"
mkdir -p "$out/users" "$out/items" "$out/films"
cp "$movies/movies.csv" "$out/films/"
echo "userId,movieId,rating,timestamp" >"$out/films/ratings.csv"

if [ ! -x "$scratch/venv/bin/python" ]; then python3 -m venv "$scratch/venv"; fi
python=$scratch/venv/bin/python
"$python" -c 'import numpy' 2>/dev/null || "$scratch/venv/bin/pip" install --quiet numpy

retrievers=(embedding neighbours neighbours-recent transitions transitions-recent ease ease-recent cosine cosine-recent
    sessions semantic trending covisits popular)

import() { "$magpie" import "$1" --home "$2" --columns user,item,rating,timestamp --time-unit s --kind rating >/dev/null; }

batch() { # HOME USERS FILE [MORE ...]
    local home=$1 users=$2 file=$3
    shift 3
    "$magpie" batch --home "$home" --users "$users" --at last-event --format trec --output "$file" "$@" >/dev/null
}

say "hidden users: train without them"
"$python" "$here/cold-start.py" users "$movies/ratings.csv" "$out/users"
home=$out/users/home
"$magpie" import "$out/films" --home "$home" >/dev/null
import "$out/users/train.tsv" "$home"
python3 "$here/measure.py" "$magpie" train --home "$home" >"$out/users/train.log"
users=$(cat "$out/users/users.txt")
files=()
for count in 1 3 5 10; do
    # A home of its own for each, so that the ten do not stand in the state of the one.
    rm -rf "$home-$count"
    mkdir "$home-$count"
    cp -r "$home/home.json" "$home/log.sqlite" "$home/bundles" "$home-$count/"
    import "$out/users/first.$count.tsv" "$home-$count"
    batch "$home-$count" "$users" "$out/users/whole.$count.trec" --count 100
    batch "$home-$count" "$users" "$out/users/fusion.$count.trec" --count 100 --no-ranker
    for retriever in "${retrievers[@]}"; do
        batch "$home-$count" "$users" "$out/users/$retriever.$count.trec" --count 100 --retriever "$retriever"
    done
    rm -rf "$home-$count"
done
for system in whole fusion "${retrievers[@]}"; do
    for count in 1 3 5 10; do files+=("$out/users/$system.$count.trec"); done
done
"$python" "$here/cold-start.py" score-users "$out/users" "${files[@]}"

say "hidden films: train without their events"
"$python" "$here/cold-start.py" items "$movies/ratings.csv" "$movies/movies.csv" "$out/items"
home=$out/items/home
"$magpie" import "$out/films" --home "$home" >/dev/null
"$magpie" import "$out/items/cold.csv" --home "$home" --items --column id=item --attribute cold=bool \
    --known-since 1970-01-01T00:00:00Z >/dev/null
import "$out/items/train.tsv" "$home"
python3 "$here/measure.py" "$magpie" train --home "$home" >"$out/items/train.log"
files=()
for system in whole fusion embedding popular; do
    case $system in
        whole) more=() ;;
        fusion) more=(--no-ranker) ;;
        *) more=(--retriever "$system") ;;
    esac
    batch "$home" all "$out/items/$system.trec" --count 50 --filter "cold:true" "${more[@]}"
    files+=("$out/items/$system.trec")
done
"$python" "$here/cold-start.py" score-items "$out/items" "$movies/movies.csv" "${files[@]}"
