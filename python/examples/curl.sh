#!/usr/bin/env bash
# A run by curl alone: created, fed with two mini-batches, read, deleted. docs/http.md describes the requests.
#   ./curl.sh [http://127.0.0.1:8080]
set -euo pipefail
silo=${1:-http://127.0.0.1:8080}
token=(${COKE_TOKEN:+-H "Authorization: Bearer $COKE_TOKEN"})
ask() { curl --silent --show-error --fail-with-body "${token[@]}" "$@"; }
field() { sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/"; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What is clustered: 128 images, embeddings of 8 numbers, 4 clusters.
run=$(ask -H 'Content-Type: application/json' "$silo/v1/runs" -d '{
  "name": "by-curl-'$$'",
  "clustering": { "imageCount": 128, "dimension": 8, "batchSize": 64, "heads": [{ "clusterCount": 4 }] }
}' | field runId)
echo "run $run"

# This trainer takes rank 0, in the place of nobody (generation 0).
generation=$(ask -H 'Content-Type: application/json' "$silo/v1/runs/$run/ranks/0" \
  -d "{ \"trainer\": \"curl-$RANDOM-$$\", \"after\": 0 }" | field generation)

# A mini-batch: ids as int64, then unit rows as float32, little-endian.
/usr/bin/env python3 - "$folder" <<'PYTHON'
import array, math, random, sys
random.seed(0)
for n in range(2):
    rows = array.array("f")
    for _ in range(64):
        row = [random.gauss(0, 1) for _ in range(8)]
        length = math.sqrt(sum(v * v for v in row))
        rows.extend(v / length for v in row)
    with open(f"{sys.argv[1]}/batch{n}", "wb") as file:
        file.write(array.array("q", range(64 * n, 64 * n + 64)).tobytes() + rows.tobytes())
PYTHON
for n in 0 1; do
  ask -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$folder/batch$n" \
    "$silo/v1/runs/$run/ranks/0/epochs/0/attempts/0/batches/$n?generation=$generation"
  echo
done
ask -X PUT "$silo/v1/runs/$run/ranks/0/epochs/0/attempts/0/end?generation=$generation&count=2"
echo

# The epoch is committed when epoch 1 is open: each question waits for news.
stamp=0
while true; do
  news=$(ask "$silo/v1/runs/$run/ranks/0/progress?generation=$generation&after=$stamp")
  [ "$(field epoch <<<"$news")" = 1 ] && break
  stamp=$(field stamp <<<"$news")
done
ask "$silo/v1/runs/$run/heads/0/clusters?sort=-lastCount"
echo
head -c 512 "$folder/batch0" | ask -H 'Content-Type: application/octet-stream' --data-binary @- \
  "$silo/v1/runs/$run/labels?epoch=0" | head -c 256 | od -An -t d4 -w64
ask -X DELETE "$silo/v1/runs/$run"
