"""Reads CoNLL as `token TAB tag` and prints what seqeval makes of it, held against itself."""

import json
import sys
import warnings

from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

# Tags that seqeval takes for something else than IOB2 are an error here.
warnings.simplefilter("error")

with open(sys.argv[1], encoding="utf-8", newline="\n") as file:
    text = file.read()
assert text.endswith("\n") and not text.endswith("\n\n"), "a final newline"
sentences = [[line.split("\t") for line in part.split("\n")] for part in text[:-1].split("\n\n")]
assert all(len(line) == 2 for sentence in sentences for line in sentence)
tags = [[tag for _, tag in sentence] for sentence in sentences]
report = classification_report(tags, tags, output_dict=True, mode="strict", scheme=IOB2)
entities = {name: int(row["support"]) for name, row in report.items() if not name.endswith(" avg")}
micro = report["micro avg"]
print(json.dumps({
    "sentences": len(sentences),
    "f1": float(micro["f1-score"]),
    "precision": float(micro["precision"]),
    "entities": entities,
}))
