#!/usr/bin/env bash
# Builds the shipped binary, brings the peers into the cache, and measures the incoming-data check beside them.
# usage: [ROWS="1000 10000 100000"] [LIMIT=600] [ROUNDS=1] [ONLY="textmill evidently"] [CASES="data_integrity full"] drift.sh
#   TEXTMILL      measure this binary and build none
#   MODEL         the folder of all-MiniLM-L6-v2, whose vocabulary deepchecks' check of unknown tokens is given; else fetched
#   RAW           append each figure to this file, a line of JSON each
#   TMPDIR        where tables and results lie, up to 200 MB
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

read -ra rows <<<"${ROWS:-1000 10000 100000}"
read -ra cases <<<"${CASES:+--cases $CASES}"
textmill="${TEXTMILL:-${CARGO_TARGET_DIR:-target}/release/textmill}"
tools=()

for name in ${ONLY:-textmill deepchecks evidently}; do
    if [ "$name" = textmill ]; then
        [ -n "${TEXTMILL:-}" ] || "${CARGO:-cargo}" build --release --locked
        tools+=(--textmill "$textmill")
    elif python="$(tests/bench/drift_peers.sh "$name")"; then
        tools+=("--$name" "$python")
        [ "$name" != deepchecks ] || tools+=(--tables "$(dirname "$python")/../../bench-drift-tables")
    else
        echo "drift.sh: $name is not measured: pip could not bring it here" >&2
    fi
done
if [ -z "${MODEL:-}" ] && [ -x "$textmill" ]; then MODEL="$(tests/support/fetch_model.sh "$textmill")" || MODEL=""; fi

"${PYTHON:-python3}" tests/bench/drift_bench.py "${tools[@]}" --rows "${rows[@]}" "${cases[@]}" --limit "${LIMIT:-600}" \
    --rounds "${ROUNDS:-1}" ${MODEL:+--tokenizer "$MODEL/tokenizer.json"} ${RAW:+--raw "$RAW"}
