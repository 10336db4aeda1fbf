# Read by the scripts that start a server: $magpie, $port and $folder must be there. Starts and stops it, and shows what a
# load test found.

server=
stop() { [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true; server=; }
trap stop EXIT

ready() { # PORT: waits until it is
    for _ in $(seq 600); do
        curl -sf "localhost:$1/readyz" >/dev/null && return
        sleep 0.1
    done
    echo "error: the server on port $1 is not ready: see the logs in $folder" >&2
    exit 1
}

start() { # HOME
    "$magpie" serve --home "$1" --port "$port" --log-level error >>"$folder/serve.log" 2>&1 &
    server=$!
    ready "$port"
}

# Asks as serve.sh's shop is asked: of $folder/users.txt, one in five unknown, one request in five filtered.
ask_shop() { # ARGUMENT ... of bench load
    "$magpie" bench load --users "$folder/users.txt" --unknown 0.2 --filtered 0.2 --filter 'year>=2010' --filter 'price<20' "$@"
}

told() { # LOAD.json [NAME]: a line for the questions, one for the events
    python3 - "$1" "${2:+$2: }" <<'P'
import json, sys
report = json.load(open(sys.argv[1]))
for name in ("questions", "events"):
    s = report[name]
    if not s["sent"]: continue
    m, r = s["milliseconds"], s["refusedMilliseconds"]
    print(f"{sys.argv[2]}{name}: {s['sent']} sent, {s['statuses']}, {s['broken']} broken, {s['rungs']}, {s['perSecond']:.0f}/s good, "
          f"ms p50 {m['p50']:.1f} p90 {m['p90']:.1f} p99 {m['p99']:.1f} p99.9 {m['p999']:.1f} most {m['max']:.1f}"
          + (f"; refused p50 {r['p50']:.1f} p99 {r['p99']:.1f} most {r['max']:.1f}" if r["max"] else ""))
P
}

films() { # FOLDER [MOVIELENS_FOLDER]: home (of films, with two bundles), users.txt (the busiest first) and items.txt in it
    local data=${2:-$root/demo-data/ml-latest-small} home=$1/home seed
    [ -n "${2:-}" ] || "$root/scripts/get-movielens" "$root/demo-data"
    mkdir -p "$1"
    if [ "$(ls "$home/bundles" 2>/dev/null | grep -c Z-)" -lt 2 ]; then
        rm -rf "$home"
        "$magpie" import "$data" --home "$home"
        # Small models: what is measured is what happens when they are asked.
        echo '{"queryEncoder": {"epochs": 2}, "embedding": {"skipGram": {"epochs": 2}}}' >"$home/magpie.json"
        for seed in 1 2; do
            say "train, seed $seed"
            "$magpie" train --home "$home" --seed "$seed" --force >/dev/null
        done
    fi
    cut -d, -f1 "$data/ratings.csv" | sed 1d | sort | uniq -c | sort -rn | awk '{print $2}' >"$1/users.txt"
    cut -d, -f1 "$data/movies.csv" | sed 1d >"$1/items.txt"
}
