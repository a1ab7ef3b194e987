"""Lets deepchecks or evidently check two tables, in a process of its own that `drift_bench.py` measures as a whole.

usage: drift_peers.py deepchecks SUITE REFERENCE INCOMING OUT [--html] --tables DIR [--tokenizer FILE]
       drift_peers.py evidently drift REFERENCE INCOMING OUT [--html]

SUITE is data_integrity (of the incoming table alone), train_test_validation or full (the integrity of both, and how they
differ); the properties that it needs are computed first, as in any real run. OUT is a folder: result.json or result.html go
there, and parts.json, which says what CPU time each part took, as soon as that part has ended.

deepchecks is run and not copied: AGPL. What it would fetch is given to it (DIR, made by drift.sh), so `nltk.download` answers
as it does where everything is there already; a run on a machine that asks the network each time is slower than this one.
"""

import argparse
import csv
import importlib.machinery
import json
import os
import resource
import sys
import types
import warnings
from pathlib import Path

METADATA = ["channel", "n_words"]


class Parts:
    """What CPU time each part took, on disk after each: a run that is ended at its limit has said something too."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._until = 0.0
        self._said: dict[str, object] = {}

    def end(self, part: str) -> None:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        now = sum(one.ru_utime + one.ru_stime for one in used)
        self.say(part, round(now - self._until, 2))
        self._until = now

    def say(self, name: str, value: object) -> None:
        self._said[name] = value
        self._place.write_text(json.dumps(self._said))


def read(path: str) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def no_downloads() -> None:
    import nltk

    nltk.download = lambda *_, **__: True


def no_torch() -> None:
    """deepchecks asks torch whether there is CUDA, and nothing else as long as no transformer is to run."""
    torch, cuda = types.ModuleType("torch"), types.ModuleType("torch.cuda")
    torch.__spec__ = importlib.machinery.ModuleSpec("torch", None)
    cuda.is_available = lambda: False
    torch.cuda = cuda
    sys.modules |= {"torch": torch, "torch.cuda": cuda}


def deepchecks(wish: argparse.Namespace, parts: Parts) -> None:
    os.environ |= {"NLTK_DATA": f"{wish.tables}/nltk", "DISABLE_LATEST_VERSION_CHECK": "True"}
    no_downloads()
    no_torch()
    import pandas as pd
    from deepchecks.nlp import TextData, suites

    parts.end("start")

    def data(path: str, name: str) -> "TextData":
        rows = read(path)
        labels = [row["label"] or None for row in rows]
        made = TextData([row["text"] for row in rows], label=labels, task_type="text_classification", name=name)
        metadata = pd.DataFrame({"channel": [row["channel"] for row in rows], "n_words": [int(row["n_words"]) for row in rows]})
        made.set_metadata(metadata, categorical_metadata=["channel"])
        made.calculate_builtin_properties(models_storage=f"{wish.tables}/models", cache_models=True)
        return made

    incoming = data(wish.incoming, "incoming")
    reference = None if wish.suite == "data_integrity" else data(wish.reference, "reference")
    parts.end("properties")

    results = []
    if wish.suite != "train_test_validation":
        sets = [one for one in (incoming, reference) if one is not None]
        results += [integrity(wish.tokenizer).run(one, with_display=wish.html) for one in sets]
    if reference is not None:
        validation = suites.train_test_validation()
        # Neither side of this benchmark makes embeddings.
        at = [check for check, what in validation.checks.items() if type(what).__name__ == "TextEmbeddingsDrift"]
        results.append(validation.remove(at[0]).run(reference, incoming, with_display=wish.html))
    parts.end("checks")

    for result in results:
        if wish.html:
            result.save_as_html(str(wish.out / "result.html"))
        else:
            with (wish.out / "result.json").open("a") as out:
                out.write(result.to_json(with_display=False))
    parts.end("report")
    parts.say("checks run", sum(len(result.results) - len(result.get_not_ran_checks()) for result in results))
    failures = [f"{one.header}: {str(one.exception)[:90]}" for result in results for one in result.get_not_ran_checks()]
    # Given one set, a suite also says of each of its checks that there is no second one.
    parts.say("not run", [failure for failure in failures if "without test dataset" not in failure])


def integrity(tokenizer: str | None) -> object:
    """The nine checks of `suites.data_integrity()` with its conditions; that function itself downloads a tokenizer."""
    from deepchecks.nlp import Suite, checks

    unknown = []
    if tokenizer:
        from transformers import PreTrainedTokenizerFast

        marks = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
        given = PreTrainedTokenizerFast(tokenizer_file=tokenizer, **marks)
        unknown = [checks.UnknownTokens(tokenizer=given).add_condition_ratio_of_unknown_words_less_or_equal()]
    return Suite(
        "Data Integrity Suite",
        checks.TextPropertyOutliers().add_condition_outlier_ratio_less_or_equal(),
        *unknown,
        checks.UnderAnnotatedPropertySegments().add_condition_segments_relative_performance_greater_than(),
        checks.UnderAnnotatedMetaDataSegments().add_condition_segments_relative_performance_greater_than(),
        checks.PropertyLabelCorrelation().add_condition_property_pps_less_than(),
        checks.ConflictingLabels().add_condition_ratio_of_conflicting_labels_less_or_equal(),
        checks.TextDuplicates().add_condition_ratio_less_or_equal(),
        checks.SpecialCharacters().add_condition_samples_ratio_w_special_characters_less_or_equal(),
        checks.FrequentSubstrings().add_condition_zero_result(),
    )


def evidently(wish: argparse.Namespace, parts: Parts) -> None:
    """Drift of the words, of four descriptors and of the three other columns."""
    os.environ["DO_NOT_TRACK"] = "1"
    no_downloads()
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.descriptors import NonLetterCharacterPercentage, SentenceCount, TextLength, WordCount
    from evidently.presets import DataDriftPreset

    parts.end("start")
    columns = DataDefinition(text_columns=["text"], categorical_columns=["label", "channel"], numerical_columns=["n_words"])

    def data(path: str) -> "Dataset":
        table = pd.DataFrame(read(path)).astype({"n_words": int})
        cheap = [TextLength("text"), WordCount("text"), SentenceCount("text"), NonLetterCharacterPercentage("text")]
        return Dataset.from_pandas(table, data_definition=columns, descriptors=cheap)

    incoming, reference = data(wish.incoming), data(wish.reference)
    parts.end("properties")
    result = Report([DataDriftPreset()]).run(incoming, reference)
    parts.end("checks")
    if wish.html:
        result.save_html(str(wish.out / "result.html"))
    else:
        (wish.out / "result.json").write_text(result.json())
    parts.end("report")


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=["deepchecks", "evidently"])
    parser.add_argument("suite", choices=["data_integrity", "train_test_validation", "full", "drift"])
    parser.add_argument("reference")
    parser.add_argument("incoming")
    parser.add_argument("out", type=Path)
    parser.add_argument("--html", action="store_true")
    parser.add_argument("--tables", help="stop words, sentence splitter, CMUdict, language table")
    parser.add_argument("--tokenizer", help="the tokenizer.json whose vocabulary UnknownTokens asks; without it that check is left out")
    wish = parser.parse_args()
    wish.out.mkdir(parents=True, exist_ok=True)
    run = deepchecks if wish.peer == "deepchecks" else evidently
    run(wish, Parts(wish.out / "parts.json"))


if __name__ == "__main__":
    main()
