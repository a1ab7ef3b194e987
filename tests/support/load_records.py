"""Loads the records of a knowledge base as others do, without touching the file, and compares what they read.

usage: load_records.py RECORDS.jsonl COUNT
"""

import json
import os
import sys

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

import duckdb
import pandas
import polars
from haystack import Document


def plain(value):
    """What a library made of a value, as JSON has it; a missing value is None, and fields without one are left out."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if plain(inner) is not None}
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        listed = value.tolist() if hasattr(value, "tolist") else value
        return [plain(inner) for inner in listed] if isinstance(listed, (list, tuple)) else plain(listed)
    if isinstance(value, float) and value != value:
        return None
    if value is pandas.NA:
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def same(name, found, expected):
    assert len(found) == len(expected), f"{name}: {len(found)} records instead of {len(expected)}"
    for number, (record, wanted) in enumerate(zip(found, expected)):
        for key in ("id", "content", "meta"):
            got, want = plain(record[key]), plain(wanted[key])
            assert got == want, f"{name}: {key} of record {number} is {got!r} instead of {want!r}"
    print(f"{name}: {len(found)} records, ids, contents and metadata equal")


def main(path, count):
    # By the line, as the file says: a content may hold other characters that Python takes for line ends.
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = [json.loads(line) for line in file]
    assert len(lines) == count, f"{len(lines)} lines instead of {count}"
    assert len({line["id"] for line in lines}) == count, "an id comes twice"

    documents = [Document.from_dict(line) for line in lines]
    assert all(document.meta == line["meta"] for document, line in zip(documents, lines)), "haystack changed metadata"
    same("haystack", [{"id": d.id, "content": d.content, "meta": d.meta} for d in documents], lines)

    # Types of text columns are not to be guessed: "2024" stays a text, and so does "1e5".
    frame = pandas.read_json(path, lines=True, dtype=False)
    same("pandas", frame.to_dict(orient="records"), lines)

    frame = polars.read_ndjson(path, infer_schema_length=None)
    same("polars", frame.to_dicts(), lines)

    # All lines are looked at: a sample may not have all columns. Texts that look like dates become dates.
    read = f"read_json('{path}', format='newline_delimited', sample_size=-1"
    rows = duckdb.sql(f"select id, content, meta from {read})").fetchall()
    found = [{"id": row[0], "content": row[1], "meta": {**row[2], "columns": None}} for row in rows]
    same("duckdb", found, [{**line, "meta": {**line["meta"], "columns": None}} for line in lines])
    # Objects below the second level are kept as they stand.
    rows = duckdb.sql(f"select id, content, meta.columns from {read}, maximum_depth=2)").fetchall()
    found = [{"id": row[0], "content": row[1], "meta": json.loads(row[2])} for row in rows]
    same("duckdb, columns", found, [{**line, "meta": line["meta"]["columns"]} for line in lines])


main(sys.argv[1], int(sys.argv[2]))
