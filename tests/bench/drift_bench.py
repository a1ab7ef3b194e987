"""The incoming-data check beside deepchecks and evidently: whole processes on the same tables, as a table in Markdown.

usage: drift_bench.py [--textmill PROGRAM] [--deepchecks PYTHON] [--evidently PYTHON] [--rows 1000 10000 100000] ...

What is not named is not measured. Each process reads its tables, computes the properties that its checks need, checks, and writes
its result; imports and start are in the figures, and beside them what a peer says they took. No embeddings on either side.
Cases: data_integrity (the incoming table alone, with the vocabulary of --tokenizer), train_test_validation and full (integrity
of both tables and how they differ) beside deepchecks, the same checks on either side; everything, all checks of ours; incoming, our default suite, beside evidently's drift preset, which looks at
less; page, data_integrity and evidently's drift as HTML, at the fewest rows alone: a page of deepchecks takes longer than its checks.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from drift_inputs import write_tables
from measured_process import measure

PEERS = Path(__file__).with_name("drift_peers.py")
MODEL = "all-MiniLM-L6-v2"
# The checks of deepchecks' suites under our names.
INTEGRITY = [
    "property_outliers", "unknown_tokens", "under_annotated_segments", "under_annotated_metadata_segments",
    "property_label_correlation", "conflicting_labels", "duplicates", "special_characters", "frequent_substrings",
]
VALIDATION = ["property_drift", "label_drift", "leakage"]
# What each tool runs for a case: a suite by its name, or checks.
CASES = {
    "data_integrity": {"textmill": INTEGRITY, "deepchecks": "data_integrity"},
    "train_test_validation": {"textmill": VALIDATION, "deepchecks": "train_test_validation"},
    "full": {"textmill": [check for check in INTEGRITY if check != "unknown_tokens"] + VALIDATION, "deepchecks": "full"},
    "everything": {"textmill": "full"},
    "incoming": {"textmill": "incoming", "evidently": "drift"},
    "page": {"textmill": "data_integrity", "deepchecks": "data_integrity", "evidently": "drift"},
}
HEAD = """\
| case | rows a side | tool | CPU s | of it start, properties, checks | wall s | peak MiB | result kB | checks | × textmill's CPU |
| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def textmill_command(wish: argparse.Namespace, suite: str | list[str], tables: tuple[Path, Path], page: bool) -> list[str]:
    reference, incoming = map(str, tables)
    is_alone = suite in ("data_integrity", INTEGRITY)
    sets = ["--incoming", incoming] if is_alone else ["--reference", reference, "--incoming", incoming]
    columns = ["--text-column", "text", "--label-column", "label"]
    # The checks of this suite ask the model for its vocabulary and for no vectors.
    embedder = ["--embedder", MODEL] if wish.tokenizer and is_alone else []
    if isinstance(suite, list):
        own = tables[0].with_name("suite.json")
        own.write_text(json.dumps({"name": "the same checks", "checks": [{"check": check} for check in suite]}))
        suite = str(own)
    command = [str(wish.textmill), "drift", "check", *sets, *columns, *embedder, "--suite", suite, "--quiet", "--json"]
    # The program itself is what is measured: the shell becomes it.
    return ["sh", "-c", 'exec "$0" "$@" >result.json', *command, *(["--html", "result.html"] if page else [])]


def peer_command(wish: argparse.Namespace, tool: str, suite: str, tables: tuple[Path, Path], page: bool) -> list[str]:
    command = [str(getattr(wish, tool)), str(PEERS), tool, suite, *map(str, tables), "."]
    if tool == "deepchecks":
        command += ["--tables", str(wish.tables)]
        command += ["--tokenizer", str(wish.tokenizer)] if wish.tokenizer and suite == "data_integrity" else []
    return [*command, *(["--html"] if page else [])]


def run(wish: argparse.Namespace, tool: str, suite: str, tables: tuple[Path, Path], page: bool, folder: Path) -> dict:
    """The round with the least CPU time, and what it left behind."""
    best = None
    for _ in range(wish.rounds):
        place = folder / "out"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        if tool == "textmill":
            command = textmill_command(wish, suite, tables, page)
        else:
            command = peer_command(wish, tool, suite, tables, page)
        used = measure(command, place, {}, wish.limit)
        used |= left_behind(place, page)
        if best is None or used["cpu_s"] < best["cpu_s"]:
            best = used
    # A verdict is no failure of the program: it ends with 1 and has said everything.
    best["ended"] = best["result_kb"] > 0 and best["exit_status"] in ((0, 1) if tool == "textmill" else (0,))
    return best


def left_behind(place: Path, page: bool) -> dict:
    result, parts = place / ("result.html" if page else "result.json"), place / "parts.json"
    found = {"result_kb": result.stat().st_size / 1000 if result.exists() else 0, "parts": {}, "checks": "", "not_run": []}
    if parts.exists():
        said = json.loads(parts.read_text())
        found["not_run"], found["checks"] = said.pop("not run", []), said.pop("checks run", "")
        found["parts"] = said
    elif found["result_kb"] and (place / "result.json").exists():
        outcome = json.loads((place / "result.json").read_text())
        found["checks"] = len(outcome["checks"])
        found["not_run"] = [f"{one['title']}: {one['reason']}" for one in outcome["not_run"]]
        found["not_run"] += [f"{one['title']} broke off" for one in outcome["checks"] if one["verdict"] == "error"]
    return found


def line(case: str, rows: int, tool: str, used: dict, ours: float | None) -> str:
    parts = ", ".join(f"{used['parts'][part]:.1f}" for part in ("start", "properties", "checks") if part in used["parts"])
    over = "" if used["ended"] else "> "
    ratio = f"{over}{used['cpu_s'] / ours:.1f}" if ours else "–"
    cells = [case, f"{rows:,}", tool, f"{over}{used['cpu_s']:.2f}", parts or "–", f"{over}{used['wall_s']:.1f}", used["peak_mib"]]
    cells += [f"{used['result_kb']:,.1f}" if used["ended"] else "none", used["checks"] or "–", ratio]
    return f"| {' | '.join(map(str, cells))} |"


def measure_case(wish: argparse.Namespace, case: str, rows: int, tables: tuple[Path, Path], folder: Path, notes: dict) -> None:
    ours = None
    for tool, suite in CASES[case].items():
        if not getattr(wish, tool):
            continue
        used = run(wish, tool, suite, tables, case == "page", folder)
        if wish.raw:
            with wish.raw.open("a") as raw:
                raw.write(json.dumps({"case": case, "rows": rows, "tool": tool} | used) + "\n")
        if not used["ended"] and used["wall_s"] < wish.limit:
            notes[f"{tool}, {case}, {rows:,} rows: failed: {used['error'] or 'no result'}"] = None
            continue
        if tool == "textmill":
            ours = used["cpu_s"]
        if not used["ended"]:
            notes[f"{tool}, {case}, {rows:,} rows: ended after {wish.limit:.0f} s, unfinished"] = None
        notes |= dict.fromkeys(f"{tool}, {case}: {reason}" for reason in used["not_run"])
        print(line(case, rows, tool, used, ours), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--textmill", type=Path)
    parser.add_argument("--deepchecks", help="a Python that has it")
    parser.add_argument("--tables", type=Path, help="what deepchecks reads beside texts (drift_peers.sh)")
    parser.add_argument("--evidently", help="a Python that has it")
    parser.add_argument("--tokenizer", type=Path, help=f"tokenizer.json of {MODEL}; without it unknown tokens are not looked for")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a run is ended")
    parser.add_argument("--raw", type=Path, help="append each figure to this file, a line of JSON each")
    wish = parser.parse_args()
    for name in ("textmill", "tables", "tokenizer", "raw"):
        given = getattr(wish, name)
        setattr(wish, name, given and given.resolve())
    print(HEAD)
    notes: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in wish.rows:
            tables = write_tables(folder, rows)
            for case in wish.cases:
                if case != "page" or rows == min(wish.rows):
                    measure_case(wish, case, rows, tables, folder, notes)
    print("".join(f"\n* {note}" for note in notes))


if __name__ == "__main__":
    main()
