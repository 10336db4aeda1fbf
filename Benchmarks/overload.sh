#!/usr/bin/env bash
# More than a server can answer: the rate it bears, then three times that, then connections that ask again at once.
#
#     Benchmarks/overload.sh [HOME USERS.txt [FOLDER]]
#
# HOME: a home with a bundle; USERS: an id a line, the most frequent first. Without arguments the demo's films. Settings, from
# the environment: SECONDS_EACH=30 PORT=8092
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

folder=${3:-$scratch/overload} seconds=${SECONDS_EACH:-30} port=${PORT:-8092}
mkdir -p "$folder"
source "$here/serving.bash"
[ $# -gt 1 ] || films "$scratch/films"
home=${1:-$scratch/films/home} users=${2:-$scratch/films/users.txt}

memory() { awk '/VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$server/status"; }
load() { # NAME ARGUMENT ...
    local name=$1
    shift
    "$magpie" bench load --port "$port" --users "$users" --json "$@" >"$folder/load.json"
    told "$folder/load.json" "$name"
    echo "  memory afterwards: $(memory)"
}

start "$home"
load "closed loop, 4 connections" --seconds 10 --connections 4
bears=$(python3 -c 'import json, sys; print(int(json.load(open(sys.argv[1]))["questions"]["perSecond"]))' "$folder/load.json")
load "80 % of $bears/s" --seconds "$seconds" --rate "$((bears * 8 / 10))" --connections 256
load "three times $bears/s" --seconds "$seconds" --rate "$((bears * 3))" --connections 256
load "64 connections that ask again at once" --seconds "$seconds" --connections 64
load "80 % of $bears/s afterwards" --seconds 10 --rate "$((bears * 8 / 10))" --connections 256
