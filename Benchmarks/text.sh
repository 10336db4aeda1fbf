#!/usr/bin/env bash
# The text index beside bm25s and tantivy, on one machine in one session: queries a second, percentiles, build, bytes.
#
#     Benchmarks/text.sh [FOLDER]
#
# FOLDER gets what was measured (.build-bench/text without it). A million made-up titles are made there
# (text-data.py), if it has none; where it has NAME.tsv, NAME.queries.tsv and perhaps NAME.qrels (text-data.py makes those
# of Cranfield and Vaswani), that is measured too. Settings, from the environment:
#
#     ROUNDS=5          ours and each peer in turn, so often; the table has medians
#     TITLES=1000000    how many made-up titles
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

folder=${1:-$scratch/text} rounds=${ROUNDS:-5}
mkdir -p "$folder"
python=$scratch/venv-text/bin/python
[ -x "$python" ] || python3 -m venv "$scratch/venv-text"
"$python" -c 'import bm25s, numba, tantivy, Stemmer' 2>/dev/null ||
    "$scratch/venv-text/bin/pip" install --quiet 'bm25s==0.*' 'numba' 'tantivy==0.*' 'PyStemmer'

[ -e "$folder/generated.tsv" ] || "$python" "$here/text-data.py" generated "$folder" --titles "${TITLES:-1000000}"

measure() { # NAME DOCUMENTS QUERIES [QRELS]: one round
    local more=()
    [ -e "${4:-}" ] && more=(--qrels "$4")
    printf '%s\tmagpie\t' "$1"
    # Words as they are, as the peers take them: what beginnings and typing errors cost stands in the README.
    "$magpie" bench text --documents "$2" --queries "$3" --plain --threads 2 --json "${more[@]}"
    for library in bm25s tantivy; do
        printf '%s\t%s\t' "$1" "$library"
        "$python" "$here/text-peers.py" "$library" "$2" "$3" --threads 2 "${more[@]}"
    done
}

: >"$folder/rounds.tsv"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds"
    {
        for kind in frequent mixed; do
            measure "generated, $kind" "$folder/generated.tsv" "$folder/generated.$kind.tsv"
        done
        for queries in "$folder"/*.queries.tsv; do
            [ -e "$queries" ] || continue
            name=$(basename "$queries" .queries.tsv)
            [ -e "$folder/$name.tsv" ] && measure "$name" "$folder/$name.tsv" "$queries" "$folder/$name.qrels"
        done
    } | tee -a "$folder/rounds.tsv"
done
"$python" "$here/text-table.py" "$folder/rounds.tsv" | tee "$folder/table.md"

# BM25 by itself and with latent semantics beside it, as a search without a ranker puts them together; no peers.
for queries in "$folder"/*.queries.tsv; do
    name=$(basename "$queries" .queries.tsv)
    [ -e "$folder/$name.tsv" ] && [ -e "$folder/$name.qrels" ] || continue
    say "hybrid, $name"
    "$magpie" bench text --documents "$folder/$name.tsv" --queries "$queries" --qrels "$folder/$name.qrels" --plain --hybrid
done
[ ! -e "$folder/titles.tsv" ] || "$magpie" bench text --documents "$folder/titles.tsv" --known-item --hybrid
