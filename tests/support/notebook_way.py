"""A data scientist's way, with `requests` alone: upload a table, look at its columns, build, load, compare with the card.

usage: notebook_way.py URL TABLE.csv
"""

import json
import os
import sys
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import datasets
import pandas
import requests


def good(answer):
    assert answer.ok, f"{answer.status_code}: {answer.text}"
    return answer


def wait(url, job):
    while job["status"] in ("queued", "running"):
        time.sleep(0.1)
        job = good(requests.get(f"{url}/v1/jobs/{job['id']}")).json()
    assert job["status"] == "succeeded", job["error"]
    return job


def build(url, file, **options):
    request = {"source": {"type": "file", "file_id": file}, "options": options}
    answer = requests.post(f"{url}/v1/classification-datasets", json=request, headers={"Prefer": "wait=20"})
    return wait(url, good(answer).json())


def fetch(url, job, folder):
    """Every file of the job, as the job has them."""
    for artifact in good(requests.get(f"{url}/v1/jobs/{job['id']}/artifacts")).json()["items"]:
        path = os.path.join(folder, artifact["name"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        content = good(requests.get(f"{url}/v1/jobs/{job['id']}/artifacts/{artifact['name']}")).content
        assert len(content) == artifact["size_bytes"]
        with open(path, "wb") as file:
            file.write(content)


def rounded(value):
    """Options are kept with fewer digits in the file than in the queue, which also rounds the last one of a share."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


def compare(card, frame):
    """A table in pandas with what the card says of it."""
    assert list(frame.columns)[:3] == ["text", "label", "train_test_split"], list(frame.columns)
    assert list(frame.columns) == [column["name"] for column in card["columns"]]
    assert len(frame) == card["rows"]["written"]
    for split in card["splits"]:
        part = frame[frame["train_test_split"] == split["split"]]
        assert len(part) == split["rows"], split
        assert part["label"].value_counts().to_dict() == {k: v for k, v in split["labels"].items() if v}, split
    counts = {label["label"]: label["rows"] for label in card["labels"]}
    assert frame["label"].value_counts().to_dict() == counts
    # No report stands in two splits.
    assert (frame.groupby("report")["train_test_split"].nunique() == 1).all()


def main(url, path):
    with open(path, "rb") as file:
        upload = good(requests.post(f"{url}/v1/files", files={"file": file})).json()["items"][0]
    table = good(requests.get(f"{url}/v1/files/{upload['id']}/table")).json()["tables"][0]
    roles = {column["name"]: column["looks_like"]["role"] for column in table["columns"]}
    assert roles["sentence"] == "text" and roles["label"] == "label" and roles["report"] == "group", roles
    print(f"looked at {len(roles)} columns: {roles}")

    wrong = requests.post(
        f"{url}/v1/classification-datasets",
        json={"source": {"type": "file", "file_id": upload["id"]}, "options": {"text_column": "sentense"}},
    )
    assert wrong.status_code == 422 and wrong.json()["code"] == "unknown-column", wrong.text
    assert wrong.json()["hint"] == "did you mean `sentence`?", wrong.text

    options = {"text_column": "sentence", "label_column": "label", "group_column": "report"}
    job = build(url, upload["id"], **options)
    card = job["result"]
    with tempfile.TemporaryDirectory() as folder:
        fetch(url, job, folder)
        with open(os.path.join(folder, "dataset.json"), encoding="utf-8") as file:
            assert rounded(json.load(file)) == rounded(card), "the card is the result"
        (name,) = [file["name"] for file in card["files"] if file["name"].endswith(".parquet")]
        frame = pandas.read_parquet(os.path.join(folder, name))
        compare(card, frame)
        print(f"pandas: {len(frame)} rows, splits and labels as the card says")

    job = build(url, upload["id"], **options, format="hugging-face")
    card = job["result"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        fetch(url, job, folder)
        loaded = datasets.load_dataset(folder, cache_dir=cache)
        sizes = {split: part.num_rows for split, part in loaded.items()}
        assert sizes == {split["split"]: split["rows"] for split in card["splits"] if split["rows"]}, sizes
        label = loaded["train"].features["label"]
        assert isinstance(label, datasets.ClassLabel), label
        assert label.names == [one["label"] for one in card["labels"]], label.names
        for split in card["splits"]:
            names = [label.int2str(number) for number in loaded[split["split"]]["label"]]
            counts = {name: names.count(name) for name in set(names)}
            assert counts == {k: v for k, v in split["labels"].items() if v}, split
        print(f"datasets: {sizes}, labels {label.names}")


main(sys.argv[1], sys.argv[2])
