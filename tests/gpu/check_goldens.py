#!/usr/bin/env python3
"""Holds the vectors of a device against goldens of sentence-transformers: one JSON object a line with `text`, `embedding`.

    tests/gpu/check_goldens.py --textmill target/release/textmill --model-dir all-MiniLM-L6-v2 --goldens goldens.jsonl

Needs nothing but Python. `--device cpu` checks this script where there is no device. Exits with 1 if a vector is off.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

# Least cosine by the numbers that are computed in.
LEAST = {"f32": 0.99999, "f16": 0.999, "bf16": 0.995}


def cosine(one: list[float], other: list[float]) -> float:
    dot = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return dot / math.sqrt(math.fsum(a * a for a in one) * math.fsum(b * b for b in other))


def vectors(options: argparse.Namespace, texts: list[str], dtype: str) -> list[list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "texts.jsonl"), Path(folder, "vectors.jsonl")
        source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        command = [options.textmill, "embed", source, "--model-dir", options.model_dir, "--output", target]
        subprocess.run([*command, "--device", options.device, "--dtype", dtype], check=True)
        lines = target.read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["embedding"] for line in lines]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--textmill", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, required=True)
    parser.add_argument("--goldens", type=Path, required=True)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    options = parser.parse_args()
    goldens = [json.loads(line) for line in options.goldens.read_text(encoding="utf-8").splitlines()]
    is_wrong = False
    for dtype in LEAST if options.device == "cuda" else ["f32"]:
        found = vectors(options, [golden["text"] for golden in goldens], dtype)
        pairs = [(one, golden["embedding"]) for one, golden in zip(found, goldens, strict=True)]
        cosines = [cosine(one, other) for one, other in pairs]
        off = max(abs(a - b) for pair in pairs for a, b in zip(*pair, strict=True))
        # A NaN is less than nothing.
        is_off = not all(value >= LEAST[dtype] for value in cosines)
        is_wrong |= is_off
        verdict = "WRONG" if is_off else "ok"
        print(f"{dtype}: {len(pairs)} vectors, cosine {min(cosines):.7f} or more, off by {off:.1e} at most: {verdict}")
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main())
