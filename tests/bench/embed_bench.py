"""Measures embedding beside the peers: same weights, same texts, same run, and prints a table a kind of texts.

usage: embed_bench.py MODEL_DIR ONNX_DIR --engine PATH [--kinds short mixed] [--rounds 7] [--threads 1] [--only torch]

Each engine is a process of its own that has its model loaded before it is measured. Rounds are interleaved and begin with
another engine each: a busy minute of the machine hits everybody, and ratios are taken round by round. Peers work at the
batch size that is best for them, which is found out first, in other processes, so that memory is that of the best one
alone. `share` is what part of the processor's peak the work of this model amounts to, if all of it were done in f32.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from embed_texts import texts

PEERS = Path(__file__).with_name("embed_peers.py")
ENGINES = ("textmill", "textmill-fast", "torch", "onnx", "onnx-int8")
NAMES = {
    "textmill": "**textmill**",
    "textmill-fast": "**textmill, fast**",
    "torch": f"sentence-transformers {version('sentence-transformers')}, torch {version('torch')}",
    "onnx": f"onnxruntime {version('onnxruntime')}",
    "onnx-int8": f"onnxruntime {version('onnxruntime')}, int8",
}
BATCHES = (1, 2, 4, 8, 16, 32)
KINDS = ("short", "paragraph", "mixed")
# Operations for a token of all-MiniLM-L6-v2: in its products, and for each token beside it in attention.
PER_TOKEN, PER_PAIR = 21.23e6, 9216
TEXTS_ALONE = 40


class Engine:
    """A process that embeds."""

    def __init__(self, name: str, args: argparse.Namespace) -> None:
        if name.startswith("textmill"):
            precision = "fast" if name == "textmill-fast" else "full"
            argv = [args.engine, precision, args.model, str(args.threads)]
        else:
            argv = [sys.executable, "-W", "ignore", PEERS, name, args.model, args.onnx, str(args.threads)]
        environment = os.environ | {"OMP_NUM_THREADS": str(args.threads), "TOKENIZERS_PARALLELISM": "false"}
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
        )
        self.load_s = self._answer()["load_s"]

    def ask(self, **request) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def best_batch(name: str, of: list[str], args: argparse.Namespace) -> int:
    """The batch size with the fewest CPU seconds; we find our own."""
    if name.startswith("textmill"):
        return 0
    engine = Engine(name, args)
    engine.ask(texts=of[:8], batch=8)
    used = {}
    for _ in range(2):
        for batch in BATCHES:
            cpu = engine.ask(texts=of, batch=batch)["cpu_s"]
            used[batch] = min(cpu, used.get(batch, cpu))
    engine.close()
    return min(used, key=used.__getitem__)


def cosine(one: list[float], other: list[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))


def run_kind(kind: str, args: argparse.Namespace) -> tuple[dict, int]:
    """Everything of one kind of texts: for each engine what its rounds said."""
    of = texts(kind)
    batches = {name: best_batch(name, of, args) for name in args.only}
    engines = {name: Engine(name, args) for name in args.only}
    said = {name: {"batch": batches[name], "load_s": engine.load_s, "rounds": []} for name, engine in engines.items()}
    for name, engine in engines.items():
        engine.ask(texts=of[:8], batch=8)
        said[name]["vectors"] = engine.ask(texts=of, batch=batches[name], vectors=True)
    for number in range(args.rounds):
        first = number % len(engines)
        for name in (args.only[first:] + args.only[:first]):
            one = engines[name].ask(texts=of, batch=batches[name], times=args.times)
            if kind == "short":
                one |= engines[name].ask(texts=of[:TEXTS_ALONE], alone=True)
            said[name]["rounds"].append(one)
        print(f"  {kind}: round {number + 1} of {args.rounds}", file=sys.stderr, flush=True)
    for engine in engines.values():
        engine.close()
    return said, len(of)


def median(values) -> float:
    return statistics.median(list(values))


def print_table(kind: str, said: dict, count: int, peak: float, args: argparse.Namespace) -> None:
    lengths = next((one["vectors"]["tokens"] for one in said.values() if "tokens" in one["vectors"]), [])
    operations = sum(PER_TOKEN * n + PER_PAIR * n * n for n in lengths)
    span = f", {min(lengths)} to {max(lengths)} tokens" if lengths else ""
    print(f"\n### {kind}: {count} texts{span}\n")
    print("| engine | batch | texts/s | texts/CPU s | × onnxruntime | share | p50 of one, ms | peak MiB | load s | cosine |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    base = said.get("onnx", {}).get("rounds")
    right = said.get("torch", {}).get("vectors", {}).get("vectors")
    for name, one in said.items():
        rounds = one["rounds"]
        rate = count * args.times / median(r["cpu_s"] for r in rounds)
        wall = count * args.times / median(r["wall_s"] for r in rounds)
        ratio = f"{median(b['cpu_s'] / r['cpu_s'] for b, r in zip(base, rounds, strict=True)):.2f}" if base else "–"
        share = f"{operations * rate / count / 1e9 / peak:.0%}" if operations and peak == peak else "–"
        alone = f"{median(median(r['ms']) for r in rounds):.2f}" if "ms" in rounds[0] else "–"
        near = f"{min(map(cosine, one['vectors']['vectors'], right)):.6f}" if right else "–"
        print(
            f"| {NAMES[name]} | {one['batch'] or 'own'} | {wall:.1f} | {rate:.1f} | {ratio} | {share} | {alone} "
            f"| {rounds[-1]['peak_mib']:.0f} | {one['load_s']:.2f} | {near} |"
        )
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures embedding beside the peers.")
    parser.add_argument("model", help="folder of all-MiniLM-L6-v2")
    parser.add_argument("onnx", help="folder that embed_peers.py exported to")
    parser.add_argument("--engine", required=True, help="our program, built from embed_engine.rs")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--only", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--times", type=int, default=2, help="how often all texts are embedded in a round")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    args = arguments()
    peak = float(subprocess.run([args.engine, "peak"], capture_output=True, text=True, check=True).stdout)
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {args.threads} thread(s), {args.rounds} rounds, medians; "
        f"one core reaches {peak:.0f} GFLOP/s in f32",
        flush=True,
    )
    for kind in args.kinds:
        print_table(kind, *run_kind(kind, args), peak, args)


if __name__ == "__main__":
    main()
