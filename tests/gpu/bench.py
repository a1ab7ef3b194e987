#!/usr/bin/env python3
"""Sentences a second on a device: textmill beside sentence-transformers (torch), the same model, the same texts, f16 each.

    tests/gpu/bench.py --textmill target/release/textmill --model-dir all-MiniLM-L6-v2 > figures.jsonl

Both are asked twice, for some texts and for five times as many; what the difference takes counts, so neither start nor
warm-up is in it. textmill's share holds reading a file, tokens and writing a file; torch's holds tokens. torch is taken at
its best batch size. Without sentence-transformers and torch only textmill is measured. `--device cpu` tries the script.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Words of a text, at random between the two; a word is about 1.3 tokens.
KINDS = {"short": (10, 20), "paragraph": (120, 190), "mixed": (5, 190)}
WORDS = (
    "the river concrete steel wood energy house wind water carbon of and in with from a new old impact material cement "
    "transport production process waste recycled assessment life cycle building data model unit region system emission"
).split()


def texts(kind: str, count: int) -> list[str]:
    draw = random.Random(42)
    return [" ".join(draw.choices(WORDS, k=draw.randint(*KINDS[kind]))) for _ in range(count)]


def rate(run: Callable[[int], None], count: int) -> float:
    """Texts a second: what four times `count` more of them take."""
    run(count)
    seconds = []
    for size in (count, 5 * count):
        start = time.perf_counter()
        run(size)
        seconds.append(time.perf_counter() - start)
    return 4 * count / (seconds[1] - seconds[0])


def textmill(options: argparse.Namespace, kind: str) -> float:
    def run(count: int) -> None:
        source, target = Path(folder, "texts.txt"), Path(folder, "vectors.npy")
        source.write_text("\n".join(texts(kind, count)) + "\n", encoding="utf-8")
        command = [options.textmill, "embed", source, "--model-dir", options.model_dir, "--output", target]
        command += ["--format", "npy", "--device", options.device, "--dtype", options.dtype]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with tempfile.TemporaryDirectory() as folder:
        return rate(run, options.texts)


def torch(options: argparse.Namespace, kind: str) -> dict[int, float] | None:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    model = SentenceTransformer(str(options.model_dir), device=options.device)
    if options.dtype == "f16":
        model = model.half()
    all_texts = texts(kind, 5 * options.texts)

    def of(size: int) -> Callable[[int], None]:
        return lambda count: model.encode(all_texts[:count], batch_size=size, show_progress_bar=False)

    return {size: rate(of(size), options.texts) for size in options.batch_sizes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--textmill", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, required=True)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--dtype", choices=["f16", "f32"], default="f16")
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 128, 512])
    parser.add_argument("--kinds", choices=list(KINDS), nargs="+", default=list(KINDS))
    options = parser.parse_args()
    for kind in options.kinds:
        ours, theirs = textmill(options, kind), torch(options, kind)
        figures = {"kind": kind, "device": options.device, "dtype": options.dtype, "textmill_per_s": round(ours, 1)}
        if theirs:
            size, best = max(theirs.items(), key=lambda pair: pair[1])
            figures |= {"torch_per_s": round(best, 1), "torch_batch_size": size, "ratio": round(ours / best, 2)}
        print(json.dumps(figures), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
