"""Makes the two inputs of the conversion figures: same seed, same rows, on every machine.

usage: convert_inputs.py OUTDIR [--rows 1000000]

mixed.csv      12 columns: text with quoted commas, quotes, line breaks and blanks; integers, floats, dates,
               timestamps, truth values, codes; one integer and one date column with nulls
records.jsonl  up to 9 keys: a nested object, a list, nulls, and a key that most lines lack
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np

SEED = 20260101
CHUNK = 100_000
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
            "day": (np.datetime64("2015-01-01") + draw.integers(0, 3650, n).astype("timedelta64[D]")).astype(str).tolist(),
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


def write(path: Path, rows: int, lines, header: str = "") -> None:
    """Writes a whole file or none; an existing one is kept."""
    if path.exists():
        return
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as f:
        f.write(header)
        for chunk in chunks(rows):
            f.write("\n".join(lines(chunk)) + "\n")
    os.replace(unfinished, path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the inputs of the conversion figures.")
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    args.outdir.mkdir(parents=True, exist_ok=True)
    write(args.outdir / "mixed.csv", args.rows, csv_lines, HEADER + "\n")
    write(args.outdir / "records.jsonl", args.rows, json_lines)


if __name__ == "__main__":
    main()
