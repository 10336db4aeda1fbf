#!/usr/bin/env bash
# Same events, configuration and seed, same bytes: trains twice, with 1 thread and with 2, in two homes of their own.
#
#     Benchmarks/determinism.sh [PATH]     what to import; the demo's films without an argument
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

data=${1:-$root/demo-data/ml-latest-small}
[ $# -gt 0 ] || "$root/scripts/get-movielens" "$root/demo-data"
folder=$(mktemp -d "$scratch/determinism.XXXXXX")
trap 'rm -rf "$folder"' EXIT

for threads in 1 2; do
    say "threads: $threads"
    home=$folder/home-$threads
    "$magpie" import "$data" --home "$home" >/dev/null
    python3 "$here/measure.py" "$magpie" train --home "$home" --threads "$threads" --seed 1 >/dev/null
    bundle=$home/bundles/$(head -1 "$home/bundles/CURRENT")
    (cd "$bundle" && sha256sum --quiet -c SHA256SUMS)
    # The manifest says when it was made, so it is not compared; its content hash is.
    {
        (cd "$bundle" && sha256sum ./*.safetensors)
        grep '"contentHash"' "$bundle/manifest.json"
    } >"$folder/$threads.sums"
done

say "checksums"
cat "$folder/1.sums"
echo
if diff "$folder/1.sums" "$folder/2.sums"; then
    echo "the same bytes with 1 and with 2 threads"
else
    echo "error: the two bundles differ" >&2
    exit 1
fi
