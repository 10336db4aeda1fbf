# Read by the scripts beside it: where things are, and how they speak.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$root/Benchmarks
scratch=$root/.build-bench
magpie=${MAGPIE:-$root/.build/release/magpie}

if [ ! -x "$magpie" ]; then
    echo "error: $magpie is not there: run make release, or set MAGPIE to the binary" >&2
    exit 1
fi
mkdir -p "$scratch"

say() { printf '\n== %s\n' "$*"; }

# ROWS made-up events of 200,000 users and 50,000 items, a few items loved by many, as CSV; with a rating each if a second
# argument is given. Park and Miller's generator: its numbers are exact in awk's doubles, whichever awk this is.
made_up_events() {
    awk -v rows="$1" -v rated="${2:-}" '
        function uniform() { x = (x * 16807) % 2147483647; return x / 2147483647 }
        BEGIN {
            x = 20261124
            print "user_id,item_id" (rated ? ",rating" : "") ",timestamp"
            for (n = 0; n < rows; n++) {
                u = uniform()
                printf "u%d,i%d", uniform() * 200000, u * u * u * 50000
                if (rated) printf ",%.1f", 0.5 + int(uniform() * 10) / 2
                printf ",%d\n", 1500000000 + n * 10 + uniform() * 3600
            }
        }'
}
