#!/usr/bin/env bash
# From how many vectors on the partitioned index is quicker than a look at every row (docs/adr/0015).
#
#     Benchmarks/exact-or-partitioned.sh [DIMENSIONS ...]     64 without an argument
#
# index.minimumItems stands above the crossing of both columns with a margin. The times are those of this machine's
# instruction set, which is printed below them.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

for dimensions in "${@:-64}"; do
    say "$dimensions dimensions"
    "$magpie" bench switch --dimensions "$dimensions" --seed 1
done
