#!/usr/bin/env bash
# Events a second over HTTP, in requests of 1, 100 and 1,000: each answered when its events are on the disk.
#
#     Benchmarks/ingest.sh [HOME [FOLDER]]
#
# HOME is copied, the copy is written to; without it one of the demo's films. The generator is wrk (Debian), on the same machine.
# Settings, from the environment: SECONDS_EACH=10 CONNECTIONS=16 PORT=8093
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

folder=${2:-$scratch/ingest} port=${PORT:-8093}
source "$here/serving.bash"
[ $# -gt 0 ] || films "$scratch/films"
home=${1:-$scratch/films/home}
command -v wrk >/dev/null || apt-get install -y -qq wrk >/dev/null
rm -rf "$folder"
mkdir -p "$folder"
cp -r "$home" "$folder/home"
cat >"$folder/events.lua" <<'L'
local size = tonumber(os.getenv("SIZE"))
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
local sent = 0
function request()
  local events = {}
  for i = 1, size do
    sent = sent + 1
    events[i] = string.format('{"eventId":"%d-%d-%d","kind":"click","userId":"%d","itemId":"%d"}', size, id, sent, sent % 600 + 1, sent % 900 + 1)
  end
  return wrk.format("POST", "/v1/events", {["Content-Type"] = "application/json"}, "[" .. table.concat(events, ",") .. "]")
end
function done(summary, latency)
  local good = summary.requests - summary.errors.status
  io.write(string.format("%d a request: %.0f events/s, %.0f requests/s, ms p50 %.1f p99 %.1f most %.1f, %d failed\n", size,
    good * size / summary.duration * 1e6, good / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000, summary.errors.status + summary.errors.read + summary.errors.timeout))
end
L
start "$folder/home"
for size in 1 100 1000; do
    SIZE=$size wrk -t 1 -c "${CONNECTIONS:-16}" -d "${SECONDS_EACH:-10}s" -s "$folder/events.lua" "http://127.0.0.1:$port" |
        grep "a request"
done
stop
rm -rf "$folder/home"
