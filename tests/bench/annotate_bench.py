"""How many sentences a second `textmill annotate` annotates, on one core, with few and with many phrases.

usage: annotate_bench.py TEXTMILL [--sentences 400000] [--rounds 3]

The table is made of invented words, drawn with a seed and as unevenly as words of a language are; so are the phrases. The
time is that of the whole command: reading and writing the table and reading the lists are in it. Beyond what a command
with a single phrase takes, which is never met, the rest is the search and the longer list: more sentences tell more of the
search.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SYLLABLES = [a + b for a in "bcdfglmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "os")]
WORDS = 40_000
SENTENCE_WORDS = 22


def vocabulary(rng: random.Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))] = None
    return list(words)


def phrases(rng: random.Random, words: list[str], count: int) -> list[str]:
    """One word in ten, else two to four; the most frequent words begin none."""
    found: dict[str, None] = {}
    while len(found) < count:
        length = 1 if rng.random() < 0.1 else rng.randint(2, 4)
        found[" ".join(rng.choice(words[200:]) for _ in range(length))] = None
    return list(found)


def write_table(path: Path, rng: random.Random, words: list[str], known: list[str], count: int) -> None:
    weights = [1 / (rank + 3) for rank in range(len(words))]
    drawn = iter(rng.choices(words, weights, k=count * SENTENCE_WORDS))
    with path.open("w") as table:
        for _ in range(count):
            sentence = [next(drawn) for _ in range(SENTENCE_WORDS)]
            if rng.random() < 0.3:
                sentence[5:7] = [rng.choice(known)]
            table.write(json.dumps({"text": " ".join(sentence).capitalize() + "."}) + "\n")


def run(program: str, folder: Path, *arguments: str) -> float:
    begun = time.perf_counter()
    subprocess.run([program, *arguments, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--sentences", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    wish = parser.parse_args()
    program = str(Path(wish.program).resolve())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    else:
        print("annotate: this system can't keep a program on one core; all are used", file=sys.stderr)
    rng = random.Random(42)
    words = vocabulary(rng)
    lists = {1: ["neverismet"], 150: phrases(rng, words, 150), 50_000: phrases(rng, words, 50_000)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "in.jsonl", rng, words, lists[150], wish.sentences)
        walls = {}
        for count, known in lists.items():
            place = folder / f"lists-{count}"
            place.mkdir()
            (place / "CONCEPT.txt").write_text("\n".join(known) + "\n")
            run(program, folder, "kb", "build", place.name, "--name", f"bench-{count}")
            command = ["annotate", "in.jsonl", "--kb", f"bench-{count}", "-o", f"out-{count}.parquet"]
            walls[count] = min(run(program, folder, *command) for _ in range(wish.rounds))
        for count, wall in walls.items():
            net = max(wall - walls[1], 1e-9)
            beyond = "" if count == 1 else f", {wish.sentences / net:,.0f} a second beyond reading and writing"
            print(f"{count:>6,} phrases: {wall:.2f} s, {wish.sentences / wall:,.0f} sentences a second{beyond}")
        print(f"50,000 phrases take {walls[50_000] / walls[150]:.2f} times as long as 150")


if __name__ == "__main__":
    main()
