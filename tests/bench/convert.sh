#!/usr/bin/env bash
# Builds the shipped binary, makes the inputs in a folder that goes away, and measures us beside the peers.
# usage: [CASES="csv_1m xlsx_200k"] [ROWS=1000000] [ROUNDS=3] [ONLY="textmill duckdb"] convert.sh
#   ROWS          all inputs grow and shrink with it
#   TEXTMILL      measure this binary and build none
#   BENCH_PDFS    take the PDFs of this folder, as often as needed, and make none
#   BENCH_JSONL   append every single measurement to this file
#   TMPDIR        where inputs and outputs lie, up to 3 GB; in /dev/shm nobody waits for a disk
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

read -ra cases <<<"${CASES:+--cases $CASES}"
read -ra only <<<"${ONLY:+--only $ONLY}"
venv="${XDG_CACHE_HOME:-$HOME/.cache}/textmill/bench-venv"
textmill="${TEXTMILL:-${CARGO_TARGET_DIR:-target}/release/textmill}"

[ -n "${TEXTMILL:-}" ] || "${CARGO:-cargo}" build --release --locked
if ! cmp -s tests/bench/requirements.txt "$venv/requirements.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
    cp tests/bench/requirements.txt "$venv/requirements.txt"
fi
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"$venv/bin/python" tests/bench/convert_inputs.py "$folder" --rows "${ROWS:-1000000}" "${cases[@]}" \
    ${BENCH_PDFS:+--pdfs "$BENCH_PDFS"}
"$venv/bin/python" tests/bench/convert_bench.py "$folder" --textmill "$textmill" --rounds "${ROUNDS:-3}" \
    "${cases[@]}" "${only[@]}" ${BENCH_JSONL:+--jsonl "$BENCH_JSONL"}
