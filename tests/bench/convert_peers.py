"""Measures conversions to Parquet: ours beside the peers', each in a process of its own.

usage: convert_peers.py INPUTS --textmill PATH [--rounds 3] [--only duckdb,textmill] [--jsonl FILE]

Wall, user + system CPU and peak memory come from wait4, start-up included. Rounds are interleaved, so that a busy
minute of the machine hits everybody; the table holds medians, and the span of wall times. All write zstd at level 3.
Types from the whole file, as ours, are asked of duckdb, arro3 and polars; polars' CSV reader looks at 100 rows instead
(its whole-file inference took 45 CPU seconds for a million), pyarrow's readers at the first block. Output is read back
and its rows counted.
This process imports nothing large: on Linux a child's peak memory starts at its parent's.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

PEERS = {
    "mixed.csv": {
        "duckdb": "import duckdb; c = duckdb.connect(); c.execute('set enable_progress_bar=false');"
        "c.execute(f\"COPY (FROM read_csv('{src}', sample_size=-1)) TO '{dst}' (FORMAT parquet, COMPRESSION zstd)\")",
        "pyarrow": "import pyarrow.csv as c, pyarrow.parquet as q\n"
        "r = c.open_csv(src, parse_options=c.ParseOptions(newlines_in_values=True))\n"
        "w = q.ParquetWriter(dst, r.schema, compression='zstd', compression_level=3)\n"
        "for b in r: w.write_batch(b)\n"
        "w.close()",
        "polars": "import polars as pl\n"
        "pl.scan_csv(src, try_parse_dates=True).sink_parquet(dst, compression='zstd', compression_level=3)",
        "arro3": "import arro3.io as a\n"
        "s = a.infer_csv_schema(src, has_header=True)\n"
        "a.write_parquet(a.read_csv(src, s, has_header=True, batch_size=16384), dst, compression='zstd(3)')",
        "pandas": "import pandas as pd; pd.read_csv(src).to_parquet(dst, compression='zstd', compression_level=3)",
    },
    "records.jsonl": {
        "duckdb": "import duckdb; c = duckdb.connect(); c.execute('set enable_progress_bar=false');"
        "c.execute(f\"COPY (FROM read_json('{src}', format='newline_delimited', sample_size=-1)) TO '{dst}' (FORMAT parquet, COMPRESSION zstd)\")",
        "pyarrow": "import pyarrow.json as c, pyarrow.parquet as q\n"
        "q.write_table(c.read_json(src), dst, compression='zstd', compression_level=3)",
        "polars": "import polars as pl\n"
        "pl.scan_ndjson(src, infer_schema_length=None).sink_parquet(dst, compression='zstd', compression_level=3)",
        "arro3": "import arro3.io as a\n"
        "s = a.infer_json_schema(src)\n"
        "a.write_parquet(a.read_json(src, s, batch_size=16384), dst, compression='zstd(3)')",
        "pandas": "import pandas as pd\n"
        "pd.read_json(src, lines=True, dtype=False, convert_dates=False).to_parquet(dst, compression='zstd', compression_level=3)",
    },
}
PACKAGE = {"arro3": "arro3-io"}
READ_BACK = """
import sys, json, collections, pyarrow.parquet as q
rows, types = 0, collections.Counter()
for p in sys.argv[1:]:
    rows += q.read_metadata(p).num_rows
    types.update(str(t).split('<')[0].split('[')[0].replace('large_', '').replace('_view', '') for t in q.read_schema(p).types)
print(json.dumps({'rows': rows, 'types': ', '.join(f'{n} {t}' for t, n in types.most_common())}))
"""


def command(peer: str, code: str, src: Path, dst: Path, textmill: Path) -> list[str]:
    if peer == "textmill":
        return [str(textmill), "convert", str(src), str(dst), "--quiet"]
    return [sys.executable, "-W", "ignore", "-c", f"src, dst = {str(src)!r}, {str(dst / 'out.parquet')!r}\n{code}"]


def measure(argv: list[str], cwd: Path, limit_s: int) -> dict:
    """Runs one conversion to its end, or to the limit."""
    env = os.environ | {"TEXTMILL_STATE_DIR": str(cwd / "state")}
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen(["timeout", str(limit_s), *argv], cwd=cwd, env=env, stdout=errors, stderr=errors)
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        tail = errors.read()[-300:].decode(errors="replace").strip()
    return {
        "exit_status": child.returncode,
        "wall_s": round(wall_s, 3),
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "peak_mib": round(used.ru_maxrss / 1024),
        "load": round(os.getloadavg()[0], 1),
        "error": tail if child.returncode else None,
    }


def read_back(dst: Path) -> dict:
    """Rows and column types of what was written, by a reader that is none of us."""
    files = sorted(str(p) for p in dst.rglob("*.parquet"))
    size = sum(os.path.getsize(p) for p in files)
    found = subprocess.run([sys.executable, "-c", READ_BACK, *files], capture_output=True, text=True, check=False)
    if found.returncode or not files:
        return {"out_mb": round(size / 1e6, 1), "rows": None, "types": found.stderr.strip()[-120:] or "no output"}
    return {"out_mb": round(size / 1e6, 1)} | json.loads(found.stdout)


def one(peer: str, code: str, src: Path, textmill: Path, limit_s: int) -> dict:
    with tempfile.TemporaryDirectory(dir=src.parent, prefix="run-") as folder:
        dst = Path(folder) / "out"
        dst.mkdir()
        # Ours stays inside its data root, the working directory: input and output are named from there.
        source = Path(folder) / src.name
        os.link(src, source)
        result = measure(command(peer, code, Path(src.name), Path("out"), textmill), Path(folder), limit_s)
        return result | (read_back(dst) if result["exit_status"] == 0 else {"out_mb": None, "rows": None, "types": None})


def name_of(peer: str, textmill: Path) -> str:
    if peer == "textmill":
        shown = subprocess.run([textmill, "--version"], capture_output=True, text=True, check=False).stdout.split()
        return f"**textmill {shown[1] if len(shown) > 1 else ''}**"
    return f"{peer} {version(PACKAGE.get(peer, peer))}"


def table(case: str, size_mb: float, results: dict[str, list[dict]], textmill: Path) -> None:
    print(f"\n### {case}, {size_mb:.0f} MB\n")
    print("| converter | wall s (span) | CPU s | peak MiB | out MB | rows | column types |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")

    def median(runs: list[dict], key: str) -> float:
        return statistics.median(r[key] for r in runs)

    def line(peer: str, runs: list[dict]) -> str:
        done = [r for r in runs if r["exit_status"] == 0]
        if not done:
            last = (runs[-1]["error"] or "").splitlines() or [""]
            return f"| {name_of(peer, textmill)} | failed ({runs[-1]['exit_status']}) | | | | | {last[-1][:100]} |"
        walls = [r["wall_s"] for r in done]
        return (
            f"| {name_of(peer, textmill)} | {statistics.median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f}) "
            f"| {median(done, 'cpu_s'):.2f} | {median(done, 'peak_mib'):.0f} | {done[-1]['out_mb']} | {done[-1]['rows']} | {done[-1]['types']} |"
        )

    for peer, runs in results.items():
        print(line(peer, runs))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures conversions to Parquet beside the peers.")
    parser.add_argument("inputs", type=Path, help="folder that convert_inputs.py filled")
    parser.add_argument("--textmill", type=Path, help="our binary; left out: the peers alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit-s", type=int, default=300, help="seconds for one conversion")
    parser.add_argument("--only", default="", help="converters, by comma")
    parser.add_argument("--jsonl", type=Path, help="append every single measurement here")
    args = parser.parse_args()
    textmill = args.textmill.resolve() if args.textmill else None
    wanted = [p for p in args.only.split(",") if p]
    failed = False
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, {args.rounds} rounds, medians", flush=True)
    for case, peers in PEERS.items():
        src = (args.inputs / case).resolve()
        chosen = ({"textmill": ""} if textmill else {}) | peers
        chosen = {p: c for p, c in chosen.items() if not wanted or p in wanted}
        results: dict[str, list[dict]] = {p: [] for p in chosen}
        for n in range(args.rounds):
            order = list(chosen)
            for peer in order[n % len(order) :] + order[: n % len(order)]:
                result = one(peer, chosen[peer], src, textmill, args.limit_s)
                results[peer].append(result)
                print(f"  {case} round {n + 1} {peer}: {result['wall_s']} s", file=sys.stderr, flush=True)
                if args.jsonl:
                    with args.jsonl.open("a") as f:
                        f.write(json.dumps({"case": case, "converter": peer, "round": n + 1} | result) + "\n")
        failed |= any(r["exit_status"] for r in results.get("textmill", []))
        table(case, src.stat().st_size / 1e6, results, textmill)
    return 1 if failed else 0


if __name__ == "__main__":
    if not shutil.which("timeout"):
        sys.exit("convert_peers.py: `timeout` (coreutils) is not installed")
    sys.exit(main())
