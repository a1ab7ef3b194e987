"""How long `textmill lm build` and `lm score` take, and how much memory, beside nltk and Python's own counters.

usage: lm_bench.py TEXTMILL [--sentences 200000] [--rounds 3] [--peer PYTHON]

Words are invented, drawn with a seed and as unevenly as those of a language; as they do not depend on each other, almost each
n-gram is another one, which is the worst that can be counted. PYTHON has nltk (tests/support/language_model_peer.sh); it
counts the n-grams of orders 1 to 3 and does nothing else: its probabilities would take days.
"""

import argparse
import itertools
import json
import random
import tempfile
from pathlib import Path

import measured_process

SYLLABLES = [a + b for a in "bcdfglmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "os")]
WORDS = 40_000
SENTENCE_WORDS = 22
# A run that takes longer is killed.
LIMIT_S = 1800
NLTK = """
import json, sys
from nltk.lm.counter import NgramCounter
from nltk.util import everygrams
counter = NgramCounter()
for line in open(sys.argv[1]):
    words = ["<s>", "<s>", *json.loads(line)["text"].split(), "</s>"]
    counter.update([everygrams(words, max_len=3)])
"""
COUNTERS = """
import json, sys
from collections import Counter
trigrams, pairs = Counter(), Counter()
for line in open(sys.argv[1]):
    words = json.loads(line)["text"].split()
    padded = ["<s>", "<s>", *words, "</s>"]
    trigrams.update(zip(padded, padded[1:], padded[2:]))
    for distance in range(1, 6):
        pairs.update(zip(words, words[distance:]))
        pairs.update(zip(words[distance:], words))
"""


def write_table(path: Path, sentences: int) -> None:
    rng = random.Random(42)
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))] = None
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(WORDS)))
    known = list(words)
    with path.open("w") as table:
        for _ in range(sentences):
            table.write(json.dumps({"text": " ".join(rng.choices(known, cum_weights=weights, k=SENTENCE_WORDS))}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--sentences", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", help="a Python that has nltk")
    wish = parser.parse_args()
    program = str(Path(wish.program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, model = str(folder / "in.jsonl"), str(folder / "m.lm")
        write_table(folder / "in.jsonl", wish.sentences)
        build = [program, "lm", "build", table, "-o", model, "--quiet"]
        commands = {
            "lm build": build,
            "lm build --window 0": [*build, "--window", "0"],
            "lm score": [program, "lm", "score", model, table, "--quiet"],
        }
        if wish.peer:
            commands["Python: counters of trigrams and pairs"] = [wish.peer, "-c", COUNTERS, table]
            commands["nltk: n-grams of orders 1 to 3"] = [wish.peer, "-c", NLTK, table]
        words = wish.sentences * SENTENCE_WORDS
        print(f"{words:,} words")
        for label, command in commands.items():
            runs = [measured_process.measure(command, folder, {}, LIMIT_S) for _ in range(wish.rounds)]
            failed = next((run["error"] for run in runs if run["exit_status"]), None)
            if failed is not None:
                raise SystemExit(f"{label}: {failed}")
            best = min(runs, key=lambda run: run["wall_s"])
            speed = words / best["wall_s"]
            print(f"{label}: {best['wall_s']:.2f} s, {best['cpu_s']:.2f} s CPU, {speed:,.0f} words/s, {best['peak_mib']} MiB")


if __name__ == "__main__":
    main()
