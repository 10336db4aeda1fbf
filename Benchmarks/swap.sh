#!/usr/bin/env bash
# Bundles changed under load, and a server killed in the middle of writing.
#
#     Benchmarks/swap.sh [MOVIELENS_FOLDER [FOLDER]]
#
# 1. For a minute questions at RATE a second and EVENTS events a second, each a request of its own; meanwhile three
#    activations, a rollback, and a corrupt bundle that must be refused. No request may fail.
# 2. Events with ids, one request each, from eight connections; the server is killed (-9) in the middle and started again.
#    Every event that was acknowledged must be in the log.
#
#     RATE=60 EVENTS=2000 PORT=8091
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

folder=$(realpath -m "${2:-$scratch/films}") rate=${RATE:-60} events=${EVENTS:-2000} port=${PORT:-8091}
home=$folder/home url=http://127.0.0.1:$port
source "$here/serving.bash"
films "$folder" "${1:-}"
mapfile -t bundles < <(ls "$home/bundles" | grep Z- | grep -v corrupt)
status() { curl -s -o /dev/null -w '%{http_code}' -X POST "$url/v1/bundles/$1"; }

say "a minute of load: $rate questions and $events events a second"
start "$home"
"$magpie" bench load --port "$port" --users "$folder/users.txt" --rate "$rate" --events "$events" \
    --items "$folder/items.txt" --seconds 60 --json >"$folder/load.json" &
load=$!
# A copy whose last byte is another one.
corrupt=${bundles[0]%-*}-c0a5edbd
rm -rf "$home/bundles/$corrupt"
cp -r "$home/bundles/${bundles[0]}" "$home/bundles/$corrupt"
python3 - "$home/bundles/$corrupt" "${bundles[0]}" "$corrupt" <<'P'
import pathlib, sys
folder, old, new = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
for name in ("manifest.json", "SHA256SUMS"):
    (folder / name).write_text((folder / name).read_text().replace(old, new))
file = folder / "popular.safetensors"
data = bytearray(file.read_bytes())
data[-1] ^= 1
file.write_bytes(data)
P
sleep 8
for step in "${bundles[0]}/activate" "${bundles[1]}/activate" "$corrupt/activate" rollback "${bundles[1]}/activate"; do
    echo "$step: $(status "$step"), now $(curl -s "$url/readyz")"
    sleep 9
done
wait "$load"
rm -rf "$home/bundles/$corrupt"
told "$folder/load.json"

say "killed in the middle of writing"
python3 - "$port" "$server" "$folder/acknowledged.txt" <<'P'
import http.client, json, os, signal, sys, threading, time
port, server, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
acknowledged, lock = [], threading.Lock()
run = str(time.time())
def write(number):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        for i in range(10**9):
            name = f"kill-{run}-{number}-{i}"
            connection.request("POST", "/v1/events", json.dumps({"eventId": name, "kind": "view", "userId": "kill", "itemId": "1"}), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            if reply.status == 200:
                with lock: acknowledged.append(name)
    except Exception:
        pass
threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
for t in threads: t.start()
time.sleep(5)
os.kill(server, signal.SIGKILL)
for t in threads: t.join()
open(out, "w").write("\n".join(acknowledged))
print(f"{len(acknowledged)} acknowledged in 5 s, then killed")
P
wait "$server" 2>/dev/null || true
start "$home"
python3 - "$home/log.sqlite" "$folder/acknowledged.txt" <<'P'
import sqlite3, sys
there = {row[0] for row in sqlite3.connect(sys.argv[1]).execute("SELECT event_id FROM events WHERE event_id LIKE 'kill-%'")}
wanted = open(sys.argv[2]).read().split()
print(f"of {len(wanted)} acknowledged events {sum(name not in there for name in wanted)} are missing")
P
stop
