#!/usr/bin/env bash
# Lists for who comes, beside lists for everybody: what each costs, whether they are the same, and whether they are still
# there when the models are not.
#
#     Benchmarks/auto.sh [FOLDER]
#
# FOLDER has what serve.sh makes: users.txt and a trained home, of which two copies are made. Without an argument a small shop of
# its own. In one copy lists are made for all users (`magpie batch --into-lists`); in the other a server makes them as users come
# (`mode=auto`), who are one in VISITORS (20: 5 %). Then every visitor asks both, and asks once more when a bundle and a trainer are no
# longer there. PORT=8094
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

if [ $# = 0 ]; then
    ITEMS=500 USERS=600 HISTORY=40 PEER=0 SECONDS_EACH=1 ONLY_TRAIN=1 "$here/serve.sh" "$scratch/auto"
    set -- "$scratch/auto"
fi
shop=$(realpath "$1") folder=$shop/auto port=${PORT:-8094}
source "$here/serving.bash"
rm -rf "$folder"
mkdir -p "$folder"
# Whoever comes first in a list in no order; the most frequent first would be all of those who do much.
python3 - "$shop/users.txt" "${VISITORS:-20}" >"$folder/visitors.txt" <<'P'
import hashlib, sys
users = [line.strip() for line in open(sys.argv[1])]
users.sort(key=lambda user: hashlib.sha256(user.encode()).digest())
print("\n".join(users[: max(1, len(users) // int(sys.argv[2]))]))
P
for name in everybody visitors; do
    mkdir "$folder/$name"
    cp -rl "$shop/home/bundles" "$folder/$name/"  # the same files under other names: nobody writes to a bundle
    cp -r "$shop/home/home.json" "$shop/home"/log.sqlite* "$folder/$name/"
    for file in magpie.json serve.json; do [ ! -e "$shop/home/$file" ] || cp "$shop/home/$file" "$folder/$name/"; done
done
seconds_of() { awk '{ print ($14 + $15) / 100 }' "/proc/$1/stat"; }

say "lists for everybody"
python3 "$here/measure.py" "$magpie" batch --into-lists --users all --home "$folder/everybody" 2>&1 | tee "$folder/everybody.log"
all=$(sed -n 's/.*, \([0-9.]*\) s of processor time.*/\1/p' "$folder/everybody.log")

say "lists for who comes: $(wc -l <"$folder/visitors.txt") of $(wc -l <"$shop/users.txt")"
start "$folder/visitors"
before=$(seconds_of "$server")
python3 "$here/auto.py" visit "$port" "$folder/visitors.txt" "$folder/visitors.first.jsonl"
some=$(python3 -c "print(round($(seconds_of "$server") - $before, 2))")
python3 "$here/auto.py" visit "$port" "$folder/visitors.txt" "$folder/visitors.jsonl"
curl -s "localhost:$port/metrics" | grep -E '^magpie_lists_'
stop
python3 -c "print(f'processor time: $all s for everybody, $some s for who came: {$all / max($some, 0.01):.1f} times')"

say "the same answers: every list that came with a visit, made again for its moment, and as many of everybody's"
for name in visitors everybody; do "$magpie" lists check --most "$(wc -l <"$folder/visitors.txt")" --home "$folder/$name"; done

say "the two beside each other: made minutes apart"
start "$folder/everybody"
python3 "$here/auto.py" visit "$port" "$folder/visitors.txt" "$folder/everybody.jsonl" --mode batch
stop
python3 "$here/auto.py" compare "$folder/visitors.first.jsonl" "$folder/everybody.jsonl"
python3 "$here/auto.py" compare "$folder/visitors.jsonl" "$folder/everybody.jsonl"

say "neither bundle nor trainer: they are taken away from a server that runs"
for name in everybody visitors; do
    start "$folder/$name"
    mv "$folder/$name/bundles" "$folder/$name.bundles"
    sleep 3
    python3 "$here/auto.py" visit "$port" "$folder/visitors.txt" "$folder/$name.alone.jsonl" --mode batch
    stop
    python3 "$here/auto.py" compare "$folder/$name.alone.jsonl" "$folder/everybody.jsonl"
done
