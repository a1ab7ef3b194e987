"""Measures building a knowledge base: many small files beside `find | xargs cat`, and one big file.

usage: kb_build.py BINARY [--files 100000] [--rounds 3] [--big-gib 5] [--dir DIR]

Small files: keyword lists and little tables in 1,000 folders, 3 to 8 lines each. `cat` writes what it reads into one file,
on the same disk. `first` builds from nothing, `same` finds that nothing has changed, `one` has one changed file.
Big file: a CSV of five columns. Medians of the rounds; the page cache is warm in all of them. Standard library only.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from measured_process import measure

LIMIT_S = 3600.0
WORDS = "waste paper glass metal reuse repair recycle compost energy heat water soil forest carbon supply chain".split()


def phrase(number: int) -> str:
    return f"{WORDS[number % 16]} {WORDS[number // 16 % 16]} {WORDS[number // 256 % 16]} {number}"


def make_small(folder: Path, files: int) -> int:
    """Writes the files, and returns how many lines they have."""
    lines = 0
    for number in range(files):
        place = folder / f"area {number % 10}" / f"topic {number // 10 % 100}"
        if number < 1000:
            place.mkdir(parents=True, exist_ok=True)
        count = 3 + number % 6
        rows = [phrase(number * 8 + row) for row in range(count)]
        if number % 4 == 0:
            text = "phrase,language,number\n" + "".join(f"{row},en,{at}\n" for at, row in enumerate(rows))
            (place / f"table_{number}.csv").write_text(text)
        else:
            (place / f"list_{number}.tsv").write_text("".join(f"{row}\n" for row in rows))
        lines += count
    return lines


def make_big(path: Path, size: int) -> None:
    block = "".join(
        f'{row},"{phrase(row)}, and some more words of a sentence that somebody wrote about it",en,{row * 7 % 1000}.5,{row % 97}\n'
        for row in range(200_000)
    ).encode()
    with path.open("wb") as file:
        file.write(b"id,text,language,amount,group\n")
        while file.tell() < size:
            file.write(block)


def build(binary: Path, folder: Path, source: Path, wanted_exit: int = 0) -> dict:
    argv = [str(binary), "kb", "build", str(source), "--name", "kb", "--json", "--exit-zero"]
    used = measure(argv, folder, {"TEXTMILL_STATE_DIR": str(folder / "state")}, LIMIT_S)
    if used["exit_status"] != wanted_exit:
        raise SystemExit(f"the build failed: {used['error']}")
    return used


def said(name: str, rounds: list[dict], beside: float | None = None) -> str:
    median = lambda key: statistics.median(one[key] for one in rounds)  # noqa: E731
    ratio = f"{median('wall_s') / beside:.2f}" if beside else ""
    return f"| {name} | {median('wall_s'):.2f} | {median('cpu_s'):.2f} | {median('peak_mib'):.0f} | {ratio} |"


def small(binary: Path, folder: Path, files: int, rounds: int) -> list[str]:
    source = folder / "small"
    lines = make_small(source, files)
    cat = ["sh", "-c", f"find '{source}' -type f -print0 | xargs -0 cat > '{folder / 'cat'}'"]
    results: dict[str, list[dict]] = {"find, cat": [], "first": [], "same": [], "one": []}
    for number in range(rounds):
        results["find, cat"].append(measure(cat, folder, {}, LIMIT_S))
        shutil.rmtree(folder / "state", ignore_errors=True)
        results["first"].append(build(binary, folder, source))
        results["same"].append(build(binary, folder, source))
        (source / "area 1" / "topic 0" / "list_1.tsv").write_text(f"changed {number}\n")
        results["one"].append(build(binary, folder, source))
    manifest = next((folder / "state" / "knowledge-bases" / "kb").glob("*/manifest.json"))
    records = json.loads(manifest.read_text())["summary"]["records"]
    beside = statistics.median(one["wall_s"] for one in results["find, cat"])
    head = [f"{files} files, {lines} lines, {records} records", "", "| what | wall s | CPU s | MiB | × cat |", "| --- | --- | --- | --- | --- |"]
    return head + [said(name, rows, beside) for name, rows in results.items()]


def big(binary: Path, folder: Path, gib: float) -> list[str]:
    source = folder / "big"
    source.mkdir()
    make_big(source / "big.csv", int(gib * 2**30))
    shutil.rmtree(folder / "state", ignore_errors=True)
    used = build(binary, folder, source)
    return ["", f"one CSV of {gib} GiB", "", "| what | wall s | CPU s | MiB | |", "| --- | --- | --- | --- | --- |", said("first", [used])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--big-gib", type=float, default=5.0)
    parser.add_argument("--dir", type=Path, default=None, help="where to write; needs about three times the big file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.dir) as name:
        folder = Path(name)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        if asked.files:
            print("\n".join(small(asked.binary.resolve(), folder, asked.files, asked.rounds)), flush=True)
        if asked.big_gib:
            print("\n".join(big(asked.binary.resolve(), folder, asked.big_gib)), flush=True)


if __name__ == "__main__":
    main()
