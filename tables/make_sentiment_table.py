#!/usr/bin/env python3
"""Makes src/core/text/tables/sentiment.tsv of the polarity lexicon that the package textblob carries.

    python3 -m venv /tmp/tables && /tmp/tables/bin/pip install textblob==0.20.1
    /tmp/tables/bin/python tables/make_sentiment_table.py

A line: word, polarity, subjectivity, intensity, and `adverb` where the lexicon has the word as an adverb too, which makes
it change the word behind it. Scores are means over all senses, and adverbs are derived from adjectives, both as the
lexicon's own reader does it; numbers have all their digits. Words with blanks or marks are left out: what is looked up are
runs of letters and digits. Licence: docs/licences.md.
"""

import re
from pathlib import Path

from textblob.en import sentiment

ADVERB = "RB"
TARGET = Path(__file__).parent.parent / "src/core/text/tables/sentiment.tsv"


def lines():
    """One line a word, in the order of words."""
    for word in sorted(sentiment):
        if re.fullmatch(r"\w+", word):
            polarity, subjectivity, intensity = (float(score) for score in sentiment[word][None])
            adverb = "\tadverb" if ADVERB in sentiment[word] else ""
            yield f"{word}\t{polarity!r}\t{subjectivity!r}\t{intensity!r}{adverb}\n"


TARGET.write_text("".join(lines()), encoding="utf-8")
print(f"{TARGET.name}: {len(TARGET.read_text(encoding='utf-8').splitlines())} words")
