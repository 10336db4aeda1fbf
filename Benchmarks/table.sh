#!/usr/bin/env bash
# One table by the static protocol (see static-quality.sh): each retriever alone, each ranking model, and the model
# without each group of features; beside accuracy what the lists look like.
#
#     Benchmarks/table.sh [TRAIN.tsv TEST.tsv MOVIES_FOLDER [OUT]]
#
# RANKERS="linear lambdamart": the kinds of ranker.kind that are compared (default: the configuration's own, once).
# FEATURE_GROUPS="a=x.,y. b=z.": the groups of features, a name and beginnings of columns each. Retrievers are fitted once; a
# variant fits the ranker of `home` anew and is published whatever it is worth.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

case $# in
    0)
        "$root/scripts/get-movielens" "$root/demo-data"
        movies=$root/demo-data/ml-latest-small
        train=$scratch/static.train.tsv test=$scratch/static.test.tsv out=$scratch/table
        python3 "$here/split-static.py" "$movies/ratings.csv" "$train" "$test"
        ;;
    3 | 4)
        train=$(realpath "$1") test=$(realpath "$2") movies=$(realpath "$3")
        out=$(realpath -m "${4:-$scratch/table}")
        ;;
    *)
        echo "usage: $0 [TRAIN.tsv TEST.tsv MOVIES_FOLDER [OUT]]" >&2
        exit 64
        ;;
esac

read -ra kinds <<<"${RANKERS:-default}"
groups=${FEATURE_GROUPS:-"embedding=embedding. neighbours=neighbours.,neighbours-recent. transitions=transitions.,transitions-recent. ease=ease.,ease-recent. cosine=cosine.,cosine-recent. sessions=sessions. moment=trending.,covisits. popularity=popular.,popularity. quality=quality. age=age. genres=genres."}
read -ra groups <<<"$groups"

mkdir -p "$out"
rm -rf "$out/films" "$out/home" "$out"/*.trec
mkdir "$out/films"
cp "$movies/movies.csv" "$out/films/"
echo "userId,movieId,rating,timestamp" >"$out/films/ratings.csv"
[ ! -f "$movies/links.csv" ] || cp "$movies/links.csv" "$out/films/"
home=$out/home
"$magpie" import "$out/films" --home "$home" >/dev/null
"$magpie" import "$train" --home "$home" --columns user,item,rating,timestamp --time-unit s --kind rating >/dev/null

# The scenario as it comes, from the first bundle; nobody asks the others.
home_alone() {
    local manifest
    for manifest in "$home"/bundles/*/manifest.json; do
        [ -e "$manifest" ] || return 0
        python3 -c 'import json, sys
scenarios = json.load(open(sys.argv[1]))["configuration"]["scenarios"]
print(", \"scenarios\":", json.dumps([s for s in scenarios if s["name"] == "home"]))' "$manifest"
        return
    done
}

configure() { # RANKER
    echo "{\"ranker\": $1$(home_alone)}" >"$home/magpie.json"
}

variant() { # NAME RANKER
    say "$1"
    configure "$2"
    python3 "$here/measure.py" "$magpie" train --home "$home" --force >"$out/$1.train.log"
    "$magpie" batch --home "$home" --users all --count 100 --at last-event --format trec --output "$out/$1.trec" >/dev/null
    files+=("$out/$1.trec")
}

quoted() { # a,b -> "a", "b"
    local list
    IFS=, read -ra list <<<"$1"
    printf '"%s", ' "${list[@]}" | sed 's/, $//'
}

files=()
for kind in "${kinds[@]}"; do
    own=$([ "$kind" = default ] || echo "\"kind\": \"$kind\"")
    variant "$kind" "{$own}"
done
# The groups are left out of the last kind.
for group in "${groups[@]}"; do
    variant "without-${group%%=*}" "{${own:+$own, }\"withoutFeatures\": [$(quoted "${group#*=}")]}"
done

say "each retriever alone"
configure "{${own:-}}"
"$magpie" train --home "$home" --force >/dev/null
for retriever in embedding neighbours neighbours-recent transitions transitions-recent ease ease-recent cosine \
    cosine-recent sessions semantic trending covisits popular; do
    "$magpie" batch --home "$home" --users all --count 100 --at last-event --format trec --output "$out/$retriever.trec" \
        --retriever "$retriever" >/dev/null
    files+=("$out/$retriever.trec")
done
"$magpie" batch --home "$home" --users all --count 100 --at last-event --format trec --output "$out/fusion.trec" \
    --no-ranker >/dev/null

say "scores"
if [ ! -x "$scratch/venv/bin/python" ]; then python3 -m venv "$scratch/venv"; fi
"$scratch/venv/bin/python" -c 'import numpy' 2>/dev/null || "$scratch/venv/bin/pip" install --quiet numpy
"$scratch/venv/bin/python" "$here/table.py" "$train" "$test" "$movies/movies.csv" "${files[@]}" "$out/fusion.trec"
