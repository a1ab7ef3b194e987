"""Says what is in a folder that a conversion wrote, as JSON: size, rows, and what was kept of types or of text.

usage: read_back.py FOLDER

`kept` is the number of columns of each type, over all Parquet files; for documents, whose text is in Parquet with a
column `text` beside `page` or in plain `.text` files, it is how many files gave text, and how many characters other
than blanks.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet


def short(kind: pyarrow.DataType) -> str:
    return str(kind).split("<")[0].split("[")[0].replace("large_", "").replace("_view", "")


def of_tables(files: list[Path]) -> dict:
    rows, types = 0, Counter()
    for file in files:
        with pyarrow.parquet.ParquetFile(file) as table:
            rows += table.metadata.num_rows
            types.update(short(kind) for kind in table.schema_arrow.types)
    return {"rows": rows, "kept": ", ".join(f"{n} {kind}" for kind, n in types.most_common())}


def texts_of(file: Path) -> list[str]:
    if file.suffix == ".text":
        return [file.read_text()]
    return [text or "" for text in pyarrow.parquet.read_table(file, columns=["text"]).column(0).to_pylist()]


def of_documents(files: list[Path]) -> dict:
    texts = [texts_of(file) for file in files]
    characters = [sum(len("".join(text.split())) for text in parts) for parts in texts]
    kept = f"{sum(map(bool, characters))} files with text, {sum(characters)} characters"
    return {"rows": sum(map(len, texts)), "kept": kept}


def are_documents(files: list[Path]) -> bool:
    first = files[0]
    return first.suffix == ".text" or pyarrow.parquet.read_schema(first).names[:3] == ["page", "heading", "text"]


def main() -> None:
    files = sorted(p for p in Path(sys.argv[1]).rglob("*") if p.suffix in {".parquet", ".text"})
    size = {"out_mb": round(sum(file.stat().st_size for file in files) / 1e6, 1)}
    found = (
        {"rows": 0, "kept": "nothing"} if not files else (of_documents if are_documents(files) else of_tables)(files)
    )
    print(json.dumps(size | found))


if __name__ == "__main__":
    main()
