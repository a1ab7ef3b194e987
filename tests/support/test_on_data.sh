#!/usr/bin/env bash
# Runs the integration tests of one name on a folder of data that is not part of this repository.
# usage: test_on_data.sh goldens|corpus DIR
# The exit status is the tests'. Where a test sums up (`corpus: N of M files as expected (P %)`), that is the last line.
set -euo pipefail

suite="${1:?usage: test_on_data.sh goldens|corpus DIR}"
data="${2:-}"

if [ -z "$data" ]; then
    echo "usage: make test-$suite DATA=dir" >&2
    case "$suite" in
    corpus) echo "  dir holds manifest.json: a list of {path, format, expect, …}, and the files that it names" >&2 ;;
    goldens) echo "  dir holds the reference outputs that the tests named goldens compare with" >&2 ;;
    esac
    exit 2
fi
if [ ! -d "$data" ]; then
    echo "make test-$suite: \`$data\` is not a folder; name one with DATA=dir" >&2
    exit 2
fi

TEST_DATA_DIR="$(realpath "$data")"
export TEST_DATA_DIR

# A `.` of the quiet harness may stand before the summary, so it is matched anywhere in its line.
set +e
"${CARGO:-cargo}" test -q --test it "$suite" -- --nocapture 2>&1 | awk -v suite="$suite" '
    match($0, suite ": [0-9]+ of [0-9]+ .*\\)") { summary = substr($0, RSTART, RLENGTH); next }
    /^test result: ok. [1-9]/ || /^test result: FAILED/ { ran = 1 }
    { print; fflush() }
    END {
        if (summary != "") print summary
        if (!ran) { print "make test-" suite ": no test named " suite " ran" > "/dev/stderr"; exit 3 }
        if (suite == "corpus" && summary == "") { print "make test-corpus: the test printed no summary" > "/dev/stderr"; exit 3 }
    }'
status=("${PIPESTATUS[@]}")
[ "${status[0]}" -eq 0 ] || exit "${status[0]}"
exit "${status[1]}"
