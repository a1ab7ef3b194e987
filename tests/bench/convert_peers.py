"""What each peer does to convert an input to Parquet, as its documentation has it, and which peers see the whole file.

usage: convert_peers.py CASE PEER SOURCE DESTINATION      (DESTINATION: a folder that exists)

The one decision: nothing is tuned but what keeps the comparison fair. All write zstd at level 3 and, where they can at
bearable cost, find types in the whole file as textmill does. polars' CSV reader looks at 100 rows (its whole-file
inference takes 45 CPU seconds for a million), pyarrow's readers at the first block. The peers that read PDFs write plain
text, which is less work than Parquet. Libraries are imported where they are used: a peer pays for its own only.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

ZSTD = {"compression": "zstd", "compression_level": 3}


def duckdb_copy(source: str, destination: Path, connection) -> None:
    connection.execute(f"COPY (FROM {source}) TO '{destination}' (FORMAT parquet, COMPRESSION zstd)")


def duckdb_connection():
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def duckdb_csv(src: Path, dst: Path) -> None:
    duckdb_copy(f"read_csv('{src}', sample_size=-1)", dst / "out.parquet", duckdb_connection())


def duckdb_jsonl(src: Path, dst: Path) -> None:
    source = f"read_json('{src}', format='newline_delimited', sample_size=-1)"
    duckdb_copy(source, dst / "out.parquet", duckdb_connection())


def duckdb_tree(src: Path, dst: Path) -> None:
    readers = {
        ".csv": "read_csv('{}', sample_size=-1)",
        ".txt": "read_csv('{}', sample_size=-1, header=false, delim='\t')",
        ".jsonl": "read_json('{}', format='newline_delimited', sample_size=-1)",
    }
    connection = duckdb_connection()
    for file, out in mirrored(src, dst):
        duckdb_copy(readers[file.suffix].format(file), out, connection)


def pyarrow_csv(src: Path, dst: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    batches = pyarrow.csv.open_csv(src, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
    with pyarrow.parquet.ParquetWriter(dst / "out.parquet", batches.schema, **ZSTD) as writer:
        for batch in batches:
            writer.write_batch(batch)


def pyarrow_jsonl(src: Path, dst: Path) -> None:
    import pyarrow.json
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.json.read_json(src), dst / "out.parquet", **ZSTD)


def pyarrow_tree(src: Path, dst: Path) -> None:
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet

    quoted = pyarrow.csv.ParseOptions(newlines_in_values=True)
    listed = {
        "read_options": pyarrow.csv.ReadOptions(autogenerate_column_names=True),
        "parse_options": pyarrow.csv.ParseOptions(delimiter="\t"),
    }
    readers = {
        ".csv": lambda file: pyarrow.csv.read_csv(file, parse_options=quoted),
        ".txt": lambda file: pyarrow.csv.read_csv(file, **listed),
        ".jsonl": pyarrow.json.read_json,
    }
    for file, out in mirrored(src, dst):
        pyarrow.parquet.write_table(readers[file.suffix](file), out, **ZSTD)


def polars_csv(src: Path, dst: Path) -> None:
    import polars

    polars.scan_csv(src, try_parse_dates=True).sink_parquet(dst / "out.parquet", **ZSTD)


def polars_jsonl(src: Path, dst: Path) -> None:
    import polars

    polars.scan_ndjson(src, infer_schema_length=None).sink_parquet(dst / "out.parquet", **ZSTD)


def polars_xlsx(src: Path, dst: Path) -> None:
    import polars

    polars.read_excel(src, infer_schema_length=None).write_parquet(dst / "out.parquet", **ZSTD)


def polars_tree(src: Path, dst: Path) -> None:
    import polars

    whole = {"infer_schema_length": None}
    readers = {
        ".csv": lambda file: polars.read_csv(file, try_parse_dates=True, **whole),
        ".txt": lambda file: polars.read_csv(file, has_header=False, separator="\t", **whole),
        ".jsonl": lambda file: polars.read_ndjson(file, **whole),
    }
    for file, out in mirrored(src, dst):
        readers[file.suffix](file).write_parquet(out, **ZSTD)


def arro3_csv(src: Path, dst: Path) -> None:
    import arro3.io

    schema = arro3.io.infer_csv_schema(src, has_header=True)
    batches = arro3.io.read_csv(src, schema, has_header=True, batch_size=16384)
    arro3.io.write_parquet(batches, dst / "out.parquet", compression="zstd(3)")


def arro3_jsonl(src: Path, dst: Path) -> None:
    import arro3.io

    batches = arro3.io.read_json(src, arro3.io.infer_json_schema(src), batch_size=16384)
    arro3.io.write_parquet(batches, dst / "out.parquet", compression="zstd(3)")


def pandas_csv(src: Path, dst: Path) -> None:
    import pandas

    pandas.read_csv(src).to_parquet(dst / "out.parquet", **ZSTD)


def pandas_jsonl(src: Path, dst: Path) -> None:
    import pandas

    table = pandas.read_json(src, lines=True, dtype=False, convert_dates=False)
    table.to_parquet(dst / "out.parquet", **ZSTD)


def pandas_xlsx(src: Path, dst: Path) -> None:
    import pandas

    pandas.read_excel(src, engine="calamine").to_parquet(dst / "out.parquet", **ZSTD)


def fastexcel_xlsx(src: Path, dst: Path) -> None:
    import fastexcel
    import pyarrow
    import pyarrow.parquet

    sheet = fastexcel.read_excel(src).load_sheet(0, schema_sample_rows=None)
    pyarrow.parquet.write_table(pyarrow.Table.from_batches([sheet.to_arrow()]), dst / "out.parquet", **ZSTD)


def pypdfium2_pdf(src: Path, dst: Path) -> None:
    import pypdfium2

    for file, out in mirrored(src, dst, ".text"):
        try:
            document = pypdfium2.PdfDocument(file)
            out.write_text("\f".join(page.get_textpage().get_text_bounded() for page in document))
        except pypdfium2.PdfiumError:
            continue


def kreuzberg_pdf(src: Path, dst: Path) -> None:
    import kreuzberg

    files = list(mirrored(src, dst, ".text"))
    config = kreuzberg.ExtractionConfig(use_cache=False)
    found = kreuzberg.batch_extract_files_sync([file for file, _ in files], config=config)
    for (_, out), result in zip(files, found, strict=True):
        # A file that can't be read has no metadata, and the message as its content.
        if result.metadata:
            out.write_text(result.content)


def mirrored(src: Path, dst: Path, extension: str = ".parquet"):
    """Every file below `src`, and where its output goes."""
    for file in sorted(p for p in src.rglob("*") if p.is_file()):
        out = dst / file.relative_to(src).with_name(file.name + extension)
        out.parent.mkdir(parents=True, exist_ok=True)
        yield file, out


@dataclass(frozen=True)
class Case:
    """An input, and who converts it."""

    source: str
    peers: dict
    whole_file: frozenset


CSV = {"duckdb": duckdb_csv, "pyarrow": pyarrow_csv, "polars": polars_csv, "arro3": arro3_csv, "pandas": pandas_csv}
CSV_WHOLE = frozenset({"duckdb", "arro3"})
JSONL = {
    "duckdb": duckdb_jsonl,
    "pyarrow": pyarrow_jsonl,
    "polars": polars_jsonl,
    "arro3": arro3_jsonl,
    "pandas": pandas_jsonl,
}
XLSX = {"fastexcel": fastexcel_xlsx, "polars": polars_xlsx, "pandas": pandas_xlsx}
PDF = {"pypdfium2": pypdfium2_pdf, "kreuzberg": kreuzberg_pdf}
TREE = {"duckdb": duckdb_tree, "pyarrow": pyarrow_tree, "polars": polars_tree}
CASES = {
    "csv_1m": Case("csv_1m.csv", CSV, CSV_WHOLE),
    "csv_5m": Case("csv_5m.csv", CSV, CSV_WHOLE),
    "jsonl_1m": Case("jsonl_1m.jsonl", JSONL, frozenset({"duckdb", "polars", "arro3"})),
    "xlsx_200k": Case("xlsx_200k.xlsx", XLSX, frozenset(XLSX)),
    "pdf_200": Case("pdf_200", PDF, frozenset(PDF)),
    "small_20k": Case("small_20k", TREE, frozenset(TREE)),
}


def main() -> None:
    case, peer, src, dst = sys.argv[1:]
    CASES[case].peers[peer](Path(src), Path(dst))


if __name__ == "__main__":
    main()
