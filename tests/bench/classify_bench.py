"""Time and memory of a data set made of 5 million rows, beside pandas and polars doing the same.

usage: classify_bench.py TEXTMILL [--rows 5000000] [--rounds 3] [--only textmill,pandas,polars]

The table is made of invented sentences, drawn with a seed: ten columns, five labels as unevenly spread as labels are, one row
in fifty without a text, one in twenty that repeats an earlier text with its label. What all do with it: leave out rows without
a text or a label, leave out exact repetitions of text and label (the first stays), divide what is left by label into 80 %
train and 20 % test, drawn with a seed, and write it as Parquet packed with zstd. Peers run in processes of their own; what
they need is pandas, polars and pyarrow.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measured_process import measure

LABELS = ["neutral", "positive", "negative", "mixed", "unclear"]

MAKE = """
import sys
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
path, rows = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(42)
syllables = [a + b for a in "bcdfglmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in")]
words = np.array(["".join(rng.choice(syllables, rng.integers(2, 5))) for _ in range(20_000)])
labels = np.array(["neutral", "positive", "negative", "mixed", "unclear"])
writer = None
for begin in range(0, rows, 250_000):
    count = min(250_000, rows - begin)
    drawn = words[(rng.zipf(1.3, (count, 9)) - 1) % len(words)]
    text = np.array([" ".join(row) + f" {begin + at}." for at, row in enumerate(drawn)], dtype=object)
    label = labels[rng.choice(5, count, p=[.5, .25, .15, .08, .02])].astype(object)
    again = rng.random(count) < .05
    source = rng.integers(0, count, count)
    text[again], label[again] = text[source[again]], label[source[again]]
    text[rng.random(count) < .02] = None
    table = pa.table({
        "id": np.arange(begin, begin + count),
        "text": pa.array(text, pa.string()),
        "label": pa.array(label, pa.string()),
        "document": pa.array(np.char.add("document ", rng.integers(0, 50_000, count).astype(str))),
        "time": pa.array(1_600_000_000_000_000 + rng.integers(0, 10**14, count), pa.timestamp("us")),
        "score": rng.random(count),
        "pages": rng.integers(0, 500, count).astype("int32"),
        "checked": rng.random(count) < .5,
        "country": pa.array(np.array(["DE", "FR", "US", "JP", "BR"])[rng.integers(0, 5, count)]),
        "weight": rng.normal(size=count).astype("float32"),
    })
    writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
    writer.write_table(table)
writer.close()
"""

PANDAS = """
import sys
import numpy as np
import pandas as pd
table = pd.read_parquet(sys.argv[1])
table = table.dropna(subset=["text", "label"])
table = table[table["text"].str.strip() != ""].drop_duplicates(["text", "label"])
rng = np.random.default_rng(42)
place = pd.Series(rng.permutation(len(table)), index=table.index)
rank = place.groupby(table["label"]).rank(method="first")
size = table["label"].map(table["label"].value_counts()).astype("int64")
split = np.where(rank <= (size * .8).round(), "train", "test")
others = [name for name in table.columns if name not in ("text", "label")]
table = table[["text", "label"] + others]
table.insert(2, "train_test_split", split)
table.to_parquet(sys.argv[2], compression="zstd", index=False)
"""

POLARS = """
import sys
import polars as pl
table = (
    pl.scan_parquet(sys.argv[1])
    .filter(pl.col("text").is_not_null() & pl.col("label").is_not_null())
    .filter(pl.col("text").str.strip_chars() != "")
    .unique(["text", "label"], keep="first", maintain_order=True)
    .with_columns(
        train_test_split=pl.when(
            pl.int_range(pl.len()).shuffle(seed=42).over("label") < (pl.len().over("label") * .8).round()
        ).then(pl.lit("train")).otherwise(pl.lit("test"))
    )
)
others = [name for name in table.collect_schema().names() if name not in ("text", "label", "train_test_split")]
table.select(["text", "label", "train_test_split", *others]).sink_parquet(sys.argv[2], compression="zstd", compression_level=3)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="textmill,pandas,polars")
    parser.add_argument("--input", type=Path, help="table to read, made if it is not there")
    wish = parser.parse_args()
    program = str(Path(wish.program).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = (wish.input or folder / "in.parquet").resolve()
        if not table.exists():
            subprocess.run([sys.executable, "-c", MAKE, str(table), str(wish.rows)], check=True)
        print(f"{wish.rows:,} rows, {table.stat().st_size / 2**20:.0f} MiB of Parquet")
        build = ["classify", "build", str(table), "--text-column", "text", "--label-column", "label"]
        commands = {
            "textmill": [program, *build, "--duplicates", "exact", "-o", "out", "--quiet"],
            "pandas": [sys.executable, "-c", PANDAS, str(table), "out.parquet"],
            "polars": [sys.executable, "-c", POLARS, str(table), "out.parquet"],
        }
        for who in wish.only.split(","):
            best = None
            for _ in range(wish.rounds):
                shutil.rmtree(folder / "out", ignore_errors=True)
                used = measure(commands[who], folder, {}, 1800)
                if used["error"]:
                    sys.exit(f"{who}: {used['error']}")
                best = used if best is None or used["cpu_s"] < best["cpu_s"] else best
            print(f"{who:>8}: {json.dumps({key: best[key] for key in ('wall_s', 'cpu_s', 'peak_mib', 'load')})}")


if __name__ == "__main__":
    main()
