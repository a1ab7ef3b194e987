#!/usr/bin/env bash
# Prints a Python that has the stock OpenAI client, in a virtual environment of its own that is made if it is not in the
# cache yet. Says why and exits with 1 where it can't be had.
set -euo pipefail

package="openai==3.54.0"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
venv="$cache/openai-venv"

if [ "$(cat "$venv/package" 2>/dev/null)" != "$package" ]; then
    mkdir -p "$cache"
    # Two at once: the second one waits, and finds it made.
    exec 9>"$cache/openai-venv.lock"
    flock 9
fi
if [ "$(cat "$venv/package" 2>/dev/null)" != "$package" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2 || {
        echo "openai_client.sh: ${PYTHON:-python3} makes no virtual environment here" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" >&2 || {
        echo "openai_client.sh: pip could not install $package" >&2
        exit 1
    }
    printf '%s' "$package" >"$venv/package"
fi
echo "$venv/bin/python"
