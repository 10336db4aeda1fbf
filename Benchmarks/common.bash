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
