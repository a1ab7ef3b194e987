#!/usr/bin/env bash
# Prints a Python that has seqeval, in a virtual environment of its own that is made if it is not in the cache yet. Says why
# and exits with 1 where it can't be had.
set -euo pipefail

packages="seqeval==1.2.2"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
venv="$cache/seqeval-venv"

if [ "$(cat "$venv/packages" 2>/dev/null)" != "$packages" ]; then
    mkdir -p "$cache"
    # Two at once: the second one waits, and finds it made.
    exec 9>"$cache/seqeval-venv.lock"
    flock 9
fi
if [ "$(cat "$venv/packages" 2>/dev/null)" != "$packages" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2 || {
        echo "seqeval.sh: ${PYTHON:-python3} makes no virtual environment here" >&2
        exit 1
    }
    # It has no wheel: setuptools builds it.
    "$venv/bin/pip" install --quiet --disable-pip-version-check setuptools "$packages" >&2 || {
        echo "seqeval.sh: pip could not install $packages" >&2
        exit 1
    }
    printf '%s' "$packages" >"$venv/packages"
fi
echo "$venv/bin/python"
