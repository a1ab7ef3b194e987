#!/usr/bin/env bash
# Builds the shipped binary, makes the inputs in a folder that goes away, and measures us beside the peers.
# usage: convert.sh [ROWS] [ROUNDS]; BENCH_JSONL=FILE keeps every single measurement.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rows="${1:-1000000}"
rounds="${2:-3}"
venv="${XDG_CACHE_HOME:-$HOME/.cache}/textmill/bench-venv"
target="${CARGO_TARGET_DIR:-target}"

"${CARGO:-cargo}" build --release --locked
if ! cmp -s tests/bench/requirements.txt "$venv/requirements.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
    cp tests/bench/requirements.txt "$venv/requirements.txt"
fi
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$venv/bin/python" tests/bench/convert_inputs.py "$folder" --rows "$rows"
"$venv/bin/python" tests/bench/convert_peers.py "$folder" --textmill "$target/release/textmill" --rounds "$rounds" \
    ${BENCH_JSONL:+--jsonl "$BENCH_JSONL"}
