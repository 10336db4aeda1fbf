#!/usr/bin/env bash
# Three replicas over one home behind HAProxy; one is killed (-9) and started again under load. No request may fail.
#
#     Benchmarks/replicas.sh HOME USERS.txt ITEMS.txt
#
# Without arguments the demo's films. Needs haproxy (Debian's package). Settings, from the
# environment: RATE=60 EVENTS=50 PORT=8100
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

command -v haproxy >/dev/null || { echo "haproxy is not there: apt-get install haproxy; nothing was measured" >&2; exit 0; }
source "$here/serving.bash"
if [ $# = 0 ]; then
    films "$scratch/films"
    set -- "$scratch/films/home" "$scratch/films/users.txt" "$scratch/films/items.txt"
fi
home=$(realpath "$1") users=$(realpath "$2") items=$(realpath "$3") port=${PORT:-8100}
folder=$(mktemp -d "$scratch/replicas.XXXXXX")
pids=()
finish() {
    for pid in "${pids[@]}" "${balancer:-}"; do [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
replica() { # NUMBER
    "$magpie" serve --home "$home" --replica "r$1" --port $((port + $1)) --log-level error >>"$folder/r$1.log" 2>&1 &
    pids[$1]=$!
}

for number in 1 2 3; do replica "$number"; done
for number in 1 2 3; do ready $((port + number)); done
{
    # The shipped one, with these replicas and this port.
    sed -e "s/bind :8080/bind :$port/" -e '/^    server /d' "$root/deploy/haproxy.cfg"
    for number in 1 2 3; do echo "    server r$number 127.0.0.1:$((port + number))"; done
} >"$folder/haproxy.cfg"
haproxy -f "$folder/haproxy.cfg" >"$folder/haproxy.log" 2>&1 &
balancer=$!
sleep 2

say "a minute: ${RATE:-60} questions and ${EVENTS:-50} events a second; replica 2 is killed after 15 s, back after 30"
"$magpie" bench load --port "$port" --users "$users" --items "$items" --rate "${RATE:-60}" --events "${EVENTS:-50}" \
    --seconds 60 --json >"$folder/load.json" &
load=$!
sleep 17
kill -9 "${pids[2]}"
sleep 15
replica 2
ready $((port + 2))
wait "$load"
told "$folder/load.json"
for number in 1 2 3; do curl -s "localhost:$((port + number))/readyz"; echo; done
