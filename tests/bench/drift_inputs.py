"""The two tables that `drift_bench.py` checks: sentences of the sample data in this repository, recombined with a seed.

A text is two sentences, now and then one, about 140 characters; the label says where its first sentence is from. The
incoming table differs where real ones do: a label in ten is missing, a text in twenty begins with a sentence that is short and
often not English, and one metadata column has a value that the reference does not know.
"""

import csv
import random
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DIARY = ["jobs/classification/source/emotions.csv"]
EXPERT = [
    "jobs/classification/source/esg_tone.csv",
    "jobs/classification/source/statements.csv",
    "jobs/language_modelling/source/corpus.csv",
]
NEW = ["knowledgebase/Examples (synthetic)/labelled_sentences.csv"]
COLUMNS = ["text", "label", "channel", "n_words"]


def sentences(names: list[str]) -> list[str]:
    """The texts of some sample tables, without empty ones and repetitions."""
    found: dict[str, None] = {}
    for name in names:
        with (REPOSITORY / name).open(encoding="utf-8", newline="") as table:
            found.update((row["text"].strip(), None) for row in csv.DictReader(table) if row["text"].strip())
    return list(found)


def write_tables(folder: Path, rows: int) -> tuple[Path, Path]:
    """Writes `rows` rows of reference and as many of incoming data; the same bytes each time."""
    diary, expert, new = sentences(DIARY), sentences(EXPERT), sentences(NEW)
    rng = random.Random(42)

    def row(incoming: bool) -> list[str]:
        label = rng.choice(["diary", "expert"])
        text = rng.choice(diary if label == "diary" else expert)
        if incoming and rng.random() < 0.05:
            text = rng.choice(new)
        if rng.random() >= 0.02:
            text = f"{text} {rng.choice(diary if rng.random() < 0.5 else expert)}"
        if incoming and rng.random() < 0.1:
            label = ""
        channel = rng.choice(["form", "letter", "mail", "chat"] if incoming else ["form", "letter", "mail"])
        return [text, label, channel, str(len(text.split()))]

    places = folder / f"reference_{rows}.csv", folder / f"incoming_{rows}.csv"
    for place in places:
        with place.open("w", encoding="utf-8", newline="") as table:
            writer = csv.writer(table, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(row(place is places[1]) for _ in range(rows))
    return places
