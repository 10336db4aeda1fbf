#!/usr/bin/env bash
# A server under traffic: the most it answers, latency at a constant rate, what it does beyond, and swaps of bundles under load.
#
#     Benchmarks/serve.sh [FOLDER]
#
# FOLDER gets a made-up shop (serve-data.py), a home trained on it, and what was measured. Without an argument a small shop
# in .build-bench/serve, 10 seconds each. Settings, from the environment:
#
#     ITEMS=1000000 USERS=100000 HISTORY=200    how large the shop is (50000, 5000, 60 without an argument)
#     RATE=1200                                 the rate that latencies are told for, at 50, 80 and 100 %
#     SECONDS_EACH=60                           how long each is measured
#     PEER=0                                    without FastAPI, hnswlib and LightGBM over the same shop (serve-peer.py)
#     PORT=8090
#     ONLY_TRAIN=                               anything: the shop and its home, and no more
#
# Traffic: users by Zipf's law, one in five unknown, one request in five filtered, 200 events a second beside it; answers of
# ten from 300 candidates through all stages, what was seen left out. The generator runs on the same machine. Where wrk and h2load
# are there (Debian's wrk and nghttp2-client), they ask the same questions, while `bench load` sends the events.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    set -- "$scratch/serve"
    ITEMS=${ITEMS:-50000} USERS=${USERS:-5000} HISTORY=${HISTORY:-60} SECONDS_EACH=${SECONDS_EACH:-10}
fi
folder=$1
items=${ITEMS:-1000000} users=${USERS:-100000} history=${HISTORY:-200} rate=${RATE:-1200}
seconds=${SECONDS_EACH:-60} port=${PORT:-8090}
mkdir -p "$folder"
folder=$(realpath "$folder") home=$folder/home
python=$scratch/venv-serve/bin/python
[ -x "$python" ] || python3 -m venv "$scratch/venv-serve"
needed=(numpy)
[ "${PEER:-1}" = 0 ] || needed+=(hnswlib lightgbm fastapi uvicorn uvloop httptools orjson)
"$python" -c "import $(IFS=,; echo "${needed[*]}")" 2>/dev/null || "$scratch/venv-serve/bin/pip" install --quiet "${needed[@]}"

if [ ! -e "$folder/events.csv" ]; then
    say "a shop of $items items and $users users"
    "$python" "$here/serve-data.py" "$folder" --items "$items" --users "$users" --history "$history"
fi
if [ ! -e "$home/bundles/CURRENT" ]; then
    say "import"
    "$magpie" import "$folder/items.csv" --items --attribute category=keyword --home "$home"
    "$magpie" import "$folder/events.csv" --home "$home" --time-unit s
    # 300 candidates: 100 from each of a request's best retrievers, about; 128 dimensions; 100 trees.
    cp "$here/serve.json" "$home/magpie.json"
    say "train"
    python3 "$here/measure.py" "$magpie" train --home "$home" --force
fi

[ -z "${ONLY_TRAIN:-}" ] || exit 0

source "$here/serving.bash"
memory() { awk '/VmHWM|VmRSS/ {printf "%s %.0f MB  ", $1, $2 / 1024}' "/proc/$server/status"; echo; }
load() { # NAME ARGUMENT ...
    local name=$1
    shift
    say "$name"
    ask_shop --port "$port" "$@" --json >"$folder/load.json"
    told "$folder/load.json" "$name" | tee -a "$folder/results.txt"
}

: >"$folder/results.txt"
start "$home"
with_events=(--events 200 --items "$folder/item-ids.txt")
load "warm" --seconds 5 --connections 8
load "closed loop, 8 connections" --seconds "$seconds" --connections 8 "${with_events[@]}"
load "closed loop, 32 connections" --seconds "$seconds" --connections 32 "${with_events[@]}"
ask_shop --questions 200000 >"$folder/questions.txt"
beside() { # SECONDS COMMAND ...: while events come
    "$magpie" bench load --port "$port" --users "$folder/users.txt" --rate 0.1 "${with_events[@]}" --seconds "$1" --json \
        >"$folder/events.json" &
    local events=$!
    sleep 2.5
    "${@:2}"
    wait "$events"
}
if command -v wrk >/dev/null; then
    for connections in 8 32; do
        say "wrk, $connections connections"
        QUESTIONS=$folder/questions.txt beside $((seconds + 3)) wrk -t 1 -c "$connections" -d "${seconds}s" --latency \
            -s "$here/questions.lua" "http://127.0.0.1:$port" | tee -a "$folder/results.txt"
    done
fi
for share in 50 80 100; do
    load "$share % of $rate/s" --seconds "$seconds" --rate "$(python3 -c "print($rate * $share / 100)")" "${with_events[@]}"
done
if command -v h2load >/dev/null; then
    # A client of its own for each connection, each at a 32nd of the rate, and all begin at once: 32 ask in one moment, and then
    # nobody. Times from when a request was sent.
    sed "s|^|http://127.0.0.1:$port|" "$folder/questions.txt" >"$folder/urls.txt"
    for share in 50 80 100; do
        say "h2load, $share % of $rate/s"
        rm -f "$folder/h2load.tsv"
        beside $((seconds + 3)) h2load --h1 -t 1 -c 32 -D "$seconds" --rps "$((rate * share / 3200))" \
            -i "$folder/urls.txt" --log-file "$folder/h2load.tsv" | grep -E '^(finished|requests|status)' | tee -a "$folder/results.txt"
        sort -n -k 3 "$folder/h2load.tsv" | awk -v name="h2load, $share % of $rate/s" '{ t[NR] = $3 / 1000 }
            END { printf "%s: %d answers, ms p50 %.1f p90 %.1f p99 %.1f most %.1f\n", name, NR, t[int(NR * .5)], t[int(NR * .9)],
                t[int(NR * .99)], t[NR] }' | tee -a "$folder/results.txt"
    done
fi
load "three times $rate/s" --seconds 20 --rate "$((3 * rate))" --connections 512
load "search, 50 %" --seconds 20 --rate "$((rate / 2))" --texts "$folder/texts.txt" --searches 1
load "lists (mode=auto), 100 %" --seconds 20 --rate "$rate" --more mode=auto --zipf 1.2
memory | tee -a "$folder/results.txt"
stop

if [ "${PEER:-1}" != 0 ]; then
    if [ ! -e "$folder/peer/ranker.txt" ]; then
        say "the peer's index and ranker"
        python3 "$here/measure.py" "$python" "$here/serve-peer.py" build "$folder"
    fi
    for workers in 1 2; do
        SHOP=$folder OMP_NUM_THREADS=1 "$python" -m uvicorn --app-dir "$here" serve-peer:app --port "$port" \
            --workers "$workers" --log-level error >>"$folder/peer.log" 2>&1 &
        server=$!
        ready "$port"
        load "peer, $workers workers, warm" --seconds 5 --connections 8
        load "peer, $workers workers, closed loop, 8 connections" --seconds "$seconds" --connections 8 "${with_events[@]}"
        most=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["questions"]["perSecond"])' "$folder/load.json")
        load "peer, $workers workers, 80 % of that" --seconds "$seconds" --rate "$(python3 -c "print($most * 0.8)")" \
            "${with_events[@]}"
        stop
    done
fi
say "all of it: $folder/results.txt"
