#!/usr/bin/env bash
# Prints a Python that has requests, pandas and Hugging Face datasets, in a virtual environment of its own that is made if it is not
# in the cache yet. Says why and exits with 1 where it can't be had.
set -euo pipefail

packages="datasets==5.2.0 pandas==3.1.1 requests==2.34.2"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
venv="$cache/notebook-way-venv"

if [ "$(cat "$venv/packages" 2>/dev/null)" != "$packages" ]; then
    mkdir -p "$cache"
    # Two at once: the second one waits, and finds it made.
    exec 9>"$cache/notebook-way-venv.lock"
    flock 9
fi
if [ "$(cat "$venv/packages" 2>/dev/null)" != "$packages" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2 || {
        echo "notebook_way.sh: ${PYTHON:-python3} makes no virtual environment here" >&2
        exit 1
    }
    read -ra wanted <<<"$packages"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}" >&2 || {
        echo "notebook_way.sh: pip could not install $packages" >&2
        exit 1
    }
    printf '%s' "$packages" >"$venv/packages"
fi
echo "$venv/bin/python"
