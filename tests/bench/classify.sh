#!/usr/bin/env bash
# Builds the shipped binary, brings the peers into the cache, and measures a data set of many rows beside them.
# usage: [ROWS=5000000] [ROUNDS=3] [ONLY=textmill,polars] classify.sh
#   TEXTMILL      measure this binary and build none
#   TMPDIR        where table and outputs lie, up to 1 GB
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

venv="${XDG_CACHE_HOME:-$HOME/.cache}/textmill/bench-venv"
textmill="${TEXTMILL:-${CARGO_TARGET_DIR:-target}/release/textmill}"

[ -n "${TEXTMILL:-}" ] || "${CARGO:-cargo}" build --release --locked
if ! cmp -s tests/bench/requirements.txt "$venv/requirements.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
    cp tests/bench/requirements.txt "$venv/requirements.txt"
fi
"$venv/bin/python" tests/bench/classify_bench.py "$textmill" --rows "${ROWS:-5000000}" --rounds "${ROUNDS:-3}" \
    ${ONLY:+--only "$ONLY"}
