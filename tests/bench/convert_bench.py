"""Measures conversions to Parquet: ours beside the peers', each in a process of its own, and prints a table a case.

usage: convert_bench.py INPUTS --textmill PATH [--cases csv_1m pdf_200] [--rounds 3] [--only duckdb textmill]
       [--jsonl FILE]

Start-up is included. Rounds are interleaved, so that a busy minute of the machine hits everybody; the tables hold
medians, and the span of wall times. Output is read back and counted by a reader that is none of us.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from convert_peers import CASES, Case
from measured_process import measure

PACKAGE = {"arro3": "arro3-io"}
PROGRAM_OF_PEERS = Path(__file__).with_name("convert_peers.py")
READ_BACK = Path(__file__).with_name("read_back.py")


def command(case: str, peer: str, dst: Path, textmill: Path) -> list[str]:
    """Ours stays inside its data root, the working directory: input and output are named from there."""
    src = CASES[case].source
    if peer == "textmill":
        return [str(textmill), "convert", src, str(dst), "--quiet"]
    return [sys.executable, "-W", "ignore", str(PROGRAM_OF_PEERS), case, peer, src, str(dst)]


def read_back(dst: Path) -> dict:
    said = subprocess.run([sys.executable, str(READ_BACK), str(dst)], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def one(case: str, peer: str, args: argparse.Namespace) -> dict:
    """One conversion, into a folder that goes away."""
    with tempfile.TemporaryDirectory(dir=args.inputs, prefix="run-") as folder:
        dst = Path(folder) / "out"
        dst.mkdir()
        # What the one before left to be written is not the time of this one.
        os.sync()
        argv = command(case, peer, dst.relative_to(args.inputs), args.textmill)
        result = measure(argv, args.inputs, {"TEXTMILL_STATE_DIR": f"{folder}/state"}, args.limit_s)
        # Exit status 1 of ours: all is converted but what the report names. A broken PDF is no failed run.
        result["converted"] = result["exit_status"] == 0 or (peer == "textmill" and result["exit_status"] == 1)
        return result | (read_back(dst) if result["converted"] else {})


def run_case(case: str, args: argparse.Namespace) -> dict[str, list[dict]]:
    """All converters of a case, in rounds; each round begins with another one."""
    everybody = (["textmill"] if args.textmill else []) + list(CASES[case].peers)
    order = [c for c in everybody if not args.only or c in args.only]
    results: dict[str, list[dict]] = {c: [] for c in order}
    for n in range(args.rounds):
        first = n % len(order)
        for converter in order[first:] + order[:first]:
            result = one(case, converter, args)
            results[converter].append(result)
            print(f"  {case} round {n + 1} {converter}: {result['cpu_s']} CPU s", file=sys.stderr, flush=True)
            if args.jsonl:
                with args.jsonl.open("a") as f:
                    f.write(json.dumps({"case": case, "converter": converter, "round": n + 1} | result) + "\n")
    return results


def median(runs: list[dict], key: str) -> float:
    return statistics.median(r[key] for r in runs)


def name_of(converter: str, textmill: Path) -> str:
    if converter != "textmill":
        return f"{converter} {version(PACKAGE.get(converter, converter))}"
    shown = subprocess.run([textmill, "--version"], capture_output=True, text=True, check=True).stdout.split()
    return f"**textmill {shown[1]}**"


def line(name: str, runs: list[dict]) -> str:
    done = [r for r in runs if r["converted"]]
    if not done:
        last = (runs[-1]["error"] or "").splitlines() or [""]
        return f"| {name} | failed ({runs[-1]['exit_status']}) | | | | | | {last[-1][:100]} |"
    walls, last = [r["wall_s"] for r in done], done[-1]
    return (
        f"| {name} | {statistics.median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f}) | {median(done, 'cpu_s'):.2f} "
        f"| {median(done, 'peak_mib'):.0f} | {median(done, 'largest_process_mib'):.0f} "
        f"| {last['out_mb']} | {last['rows']} | {last['kept']} |"
    )


def ratios(case: Case, results: dict[str, list[dict]]) -> str:
    """Ours against the best of those that see the whole file, in CPU seconds, and against the best of all by the clock."""
    done = {c: [r for r in runs if r["converted"]] for c, runs in results.items()}
    done = {c: runs for c, runs in done.items() if runs}
    ours = done.pop("textmill", None)
    whole = {c: median(runs, "cpu_s") for c, runs in done.items() if c in case.whole_file}
    if not ours or not whole:
        return ""
    walls = {c: median(runs, "wall_s") for c, runs in done.items()}
    against = [f"{median(ours, 'cpu_s') / cpu:.2f} × {c}" for c, cpu in sorted(whole.items(), key=lambda item: item[1])]
    fastest = min(walls, key=walls.__getitem__)
    return (
        f"CPU seconds against those that look at the whole file: {', '.join(against)}. "
        f"Wall against the fastest: {median(ours, 'wall_s') / walls[fastest]:.2f} × {fastest}."
    )


def size_mb(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files if f.is_file()) / 1e6


def print_table(case: str, results: dict[str, list[dict]], args: argparse.Namespace) -> None:
    print(f"\n### {case}, {size_mb(args.inputs / CASES[case].source):.0f} MB\n")
    print("| converter | wall s (span) | CPU s | peak MiB | largest process | out MB | rows | kept |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for converter, runs in results.items():
        print(line(name_of(converter, args.textmill), runs))
    if said := ratios(CASES[case], results):
        print(f"\n{said}")
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures conversions to Parquet beside the peers.")
    parser.add_argument("inputs", type=Path, help="folder that convert_inputs.py filled")
    parser.add_argument("--textmill", type=Path, help="our binary; left out: the peers alone")
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit-s", type=int, default=600, help="seconds for one conversion")
    parser.add_argument("--only", nargs="+", default=[], help="converters; left out: all")
    parser.add_argument("--jsonl", type=Path, help="append every single measurement here")
    args = parser.parse_args()
    args.inputs = args.inputs.resolve()
    args.textmill = args.textmill and args.textmill.resolve()
    return args


def main() -> int:
    args = arguments()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {args.rounds} rounds, medians", flush=True)
    failed = False
    for case in args.cases:
        results = run_case(case, args)
        print_table(case, results, args)
        failed |= not all(r["converted"] for r in results.get("textmill", []))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
