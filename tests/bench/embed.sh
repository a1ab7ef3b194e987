#!/usr/bin/env bash
# Builds our engine as it ships, brings model and peers into the cache, and measures embedding beside them.
# usage: MODEL=dir [KINDS="short mixed"] [ROUNDS=7] [THREADS=1] [ONLY="textmill onnx"] embed.sh
#   MODEL         the folder of all-MiniLM-L6-v2
#   ENGINE        measure this program and build none
#   TORCH_INDEX   take torch from this index of packages, where a build without CUDA is; else the default one is asked,
#                 whose torch does not load without CUDA's libraries: 5 GB
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

read -ra kinds <<<"${KINDS:+--kinds $KINDS}"
read -ra only <<<"${ONLY:+--only $ONLY}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
venv="$cache/bench-embed-venv"
requirements=tests/bench/requirements-embed.txt

engine="${ENGINE:-}"
if [ -z "$engine" ]; then
    engine="$("${CARGO:-cargo}" bench --locked --bench embed_engine --no-run --message-format json |
        "${PYTHON:-python3}" -c 'import json, sys
for line in sys.stdin:
    said = json.loads(line)
    if said.get("executable") and said["target"]["name"] == "embed_engine":
        print(said["executable"])')"
fi
model="${MODEL:?name the folder of the model}"
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    [ -z "${TORCH_INDEX:-}" ] || "$venv/bin/pip" install --quiet --index-url "$TORCH_INDEX" "$(grep '^torch==' "$requirements")"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/requirements.txt"
fi
onnx="$cache/bench-embed-onnx"
[ -f "$onnx/model.onnx" ] || "$venv/bin/python" -W ignore tests/bench/embed_peers.py export "$model" "$onnx" >/dev/null
"$venv/bin/python" tests/bench/embed_bench.py "$model" "$onnx" --engine "$engine" --rounds "${ROUNDS:-7}" \
    --threads "${THREADS:-1}" "${kinds[@]}" "${only[@]}"
