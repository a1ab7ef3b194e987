"""Makes the inputs of the conversion figures: same seed, same rows, on every machine.

usage: convert_inputs.py OUTDIR [--rows 1000000] [--cases csv_1m xlsx_200k] [--pdfs FOLDER]

csv_1m, csv_5m  12 columns: text with quoted commas, quotes, line breaks and blanks; integers, floats, dates,
                timestamps, truth values, codes; one integer and one date column with nulls
jsonl_1m        up to 9 keys: a nested object, a list, nulls, and a key that most lines lack
xlsx_200k       20 columns: the same kinds as in the CSV, and 11 of numbers
pdf_200         PDFs of three producers (convert_pdfs.py), or those of a folder, repeated
small_20k       a tree of csv, jsonl and txt files of 5 to 50 rows, 100 in a folder

The numbers in these names hold for a million rows; with another number of rows all inputs grow or shrink alike.
"""

import argparse
import datetime
import json
import os
import shutil
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np

from convert_pdfs import make_pdfs
from convert_peers import CASES

SEED = 20260101
CHUNK = 100_000
MOST_ROWS = 50
# What a sheet can hold below its header.
MOST_SHEET_ROWS = 1_048_575
WORDS = np.array(
    "emission water policy board supply chain worker safety carbon neutral target report audit "
    "région énergie déchets Wohngebäude biodiversité supplier ethics index".split()
)
COUNTRIES = ["DE", "FR", "IN", "US", "", "CH"]
HEADER = "row_id,text,category,count,amount,ratio,day,stamp,active,ref,country,score"


def as_csv_text(sentence: str, kind: int) -> str:
    """Writes a sentence as a CSV field: of 100, 15 hold commas, 5 quotes, 2 a line break, and 8 are blank."""
    if kind < 15:
        return '"' + sentence.replace(" ", ", ", 2) + '"'
    if kind < 20:
        return '"' + sentence.replace(" ", ' ""', 1) + '"" end"'
    if kind < 22:
        return '"' + sentence.replace(" ", "\n", 1) + '"'
    return "" if kind < 30 else sentence


def chunks(rows: int):
    """Yields columns for up to CHUNK rows at a time; the order of the draws is part of the format."""
    draw = np.random.default_rng(SEED)
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        words = draw.integers(0, len(WORDS), (n, 6))
        kinds = draw.integers(0, 100, n)
        yield {
            "row_id": range(start, start + n),
            "text": [as_csv_text(" ".join(WORDS[w]), k) for w, k in zip(words, kinds)],
            "category": WORDS[words[:, 0]].tolist(),
            "count": draw.integers(-(10**6), 10**9, n).tolist(),
            "amount": draw.normal(0, 1e4, n).tolist(),
            "ratio": draw.random(n).tolist(),
            "day": (np.datetime64("2015-01-01") + draw.integers(0, 3650, n).astype("timedelta64[D]"))
            .astype(str)
            .tolist(),
            "stamp": (np.datetime64("2020-01-01T00:00:00") + draw.integers(0, 10**8, n).astype("timedelta64[s]"))
            .astype(str)
            .tolist(),
            "score": draw.integers(0, 20, n).tolist(),
            "ref": [f"ID-{x:08x}" for x in draw.integers(0, 2**31, n)],
        }


def csv_lines(c: dict):
    for i, row_id in enumerate(c["row_id"]):
        score = c["score"][i]
        yield (
            f"{row_id},{c['text'][i]},{c['category'][i]},{c['count'][i] if score else ''},{c['amount'][i]:.3f},"
            f"{c['ratio'][i]:.6f},{c['day'][i] if score != 1 else ''},{c['stamp'][i].replace('T', ' ')},"
            f"{'true' if score % 2 else 'false'},{c['ref'][i]},{COUNTRIES[score % 6]},{score}"
        )


def json_lines(c: dict):
    for i, row_id in enumerate(c["row_id"]):
        score = c["score"][i]
        record = {
            "id": row_id,
            "ref": c["ref"][i],
            "text": c["text"][i],
            "count": c["count"][i] if score else None,
            "amount": round(c["amount"][i], 3),
            "day": c["day"][i],
            "geo": {"lat": round(c["ratio"][i], 5), "c": COUNTRIES[score % 6]},
            "tags": [c["category"][i]] * (score % 3),
        }
        if score > 15:
            record["flag"] = bool(score % 2)
        yield json.dumps(record, ensure_ascii=False)


def text_lines(c: dict):
    for category, ref in zip(c["category"], c["ref"]):
        yield f"{category} {ref}"


def write_lines(path: Path, rows: int, lines, header: str = "") -> None:
    with path.open("w", encoding="utf-8", newline="") as f:
        f.write(header)
        for chunk in chunks(rows):
            f.write("\n".join(lines(chunk)) + "\n")


def sheet_rows(c: dict):
    """Rows of 20 cells: number, three texts, numbers, a date, a truth value, and 11 more numbers."""
    first_day = datetime.datetime(2020, 1, 1)
    for i, row_id in enumerate(c["row_id"]):
        score, amount = c["score"][i], c["amount"][i]
        count = c["count"][i] if score else None
        day = first_day + datetime.timedelta(days=score)
        numbers = [(i * j) % 1000 if j % 2 else amount / j for j in range(9, 20)]
        text = c["text"][i].strip('"')
        cells = [row_id, text, c["category"][i], count, amount, c["ratio"][i], day, bool(score % 2), c["ref"][i]]
        yield cells + numbers


def make_csv(path: Path, rows: int) -> None:
    write_lines(path, rows, csv_lines, HEADER + "\n")


def make_jsonl(path: Path, rows: int) -> None:
    write_lines(path, rows, json_lines)


def make_xlsx(path: Path, rows: int) -> None:
    import xlsxwriter

    options = {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        sheet = workbook.add_worksheet("Data")
        sheet.write_row(0, 0, [f"c{j}" for j in range(20)])
        for n, row in enumerate(chain.from_iterable(map(sheet_rows, chunks(min(rows, MOST_SHEET_ROWS)))), start=1):
            sheet.write_row(n, 0, row)


def make_tree(path: Path, files: int) -> None:
    draw = np.random.default_rng(SEED)
    endless = {
        extension: chain.from_iterable(map(lines, chunks(files * MOST_ROWS)))
        for extension, lines in (("csv", csv_lines), ("jsonl", json_lines), ("txt", text_lines))
    }
    for n, extension, rows in zip(range(files), cycle(endless), draw.integers(5, MOST_ROWS + 1, files)):
        file = path / f"{n // 100:03}" / f"{n:05}.{extension}"
        file.parent.mkdir(parents=True, exist_ok=True)
        header = [HEADER] if extension == "csv" else []
        file.write_text("\n".join(chain(header, islice(endless[extension], rows))) + "\n", encoding="utf-8")


def copy_pdfs(folder: Path, path: Path, files: int) -> None:
    """Takes the PDFs of a folder, as often as it needs to."""
    found = sorted(folder.rglob("*.pdf"))
    if not found:
        raise SystemExit(f"convert_inputs.py: no *.pdf in {folder}")
    path.mkdir(exist_ok=True)
    for n, file in zip(range(files), cycle(found)):
        shutil.copyfile(file, path / f"{n:03}-{file.name}")


def make(case: str, path: Path, rows: int, pdfs: Path | None) -> None:
    """Makes a whole input or none; an existing one is kept."""
    if path.exists():
        return
    unfinished = path.with_name("unfinished-" + path.name)
    maker, share = MAKERS[case]
    size = max(1, round(rows * share))
    if case == "pdf_200" and pdfs:
        copy_pdfs(pdfs, unfinished, size)
    else:
        maker(unfinished, size)
    os.replace(unfinished, path)


MAKERS = {
    "csv_1m": (make_csv, 1),
    "csv_5m": (make_csv, 5),
    "jsonl_1m": (make_jsonl, 1),
    "xlsx_200k": (make_xlsx, 1 / 5),
    "pdf_200": (make_pdfs, 1 / 5_000),
    "small_20k": (make_tree, 1 / 50),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the inputs of the conversion figures.")
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--pdfs", type=Path, help="folder of PDFs to take for pdf_200")
    args = parser.parse_args()
    args.outdir.mkdir(parents=True, exist_ok=True)
    for case in args.cases:
        make(case, args.outdir / CASES[case].source, args.rows, args.pdfs)


if __name__ == "__main__":
    main()
