#!/usr/bin/env bash
# Makes reports with the program and clicks through them in a real browser.
# usage: browser.sh PROGRAM | browser.sh --programs   (--programs: only say whether everything is there that it takes)
# BROWSER names the browser, SCREENSHOTS a folder for pictures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

venv="${XDG_CACHE_HOME:-$HOME/.cache}/textmill/browser"

find_browser() {
    local name=""
    for name in "${BROWSER:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && command -v "$name"; then return 0; fi
    done
    echo "there is no chromium on this machine (BROWSER=program names another browser of its kind)" >&2
    return 1
}

python_tools() {
    local want=""
    want="$(cat tests/ui/requirements.txt)"
    if [ "$(cat "$venv/.want" 2>/dev/null)" != "$want" ]; then
        rm -rf "$venv"
        if ! "${PYTHON:-python3}" -m venv "$venv" ||
            ! "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/ui/requirements.txt; then
            echo "pip could not install tests/ui/requirements.txt" >&2
            return 1
        fi
        printf '%s' "$want" >"$venv/.want"
    fi
}

browser="$(find_browser)"
python_tools
if [ "$1" = --programs ]; then exit 0; fi

program="$1"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
# Every kind of exhibit, then what a run really gives; that it is found wanting is part of the sample.
"$program" report tests/fixtures/drift/outcome.json --html "$scratch/exhibits.html" --when 2026-03-02T10:00:00Z
"$program" drift check --reference jobs/drift/source/reference.csv --incoming jobs/drift/source/incoming.csv \
    --text-column text --label-column label --prediction-column prediction --exit-zero --html "$scratch/run.html" >/dev/null
for page in exhibits run; do
    "$venv/bin/python" tests/ui/drift_report.py "$scratch/$page.html" --browser "$browser" \
        ${SCREENSHOTS:+--screenshots "$SCREENSHOTS/$page"}
done
