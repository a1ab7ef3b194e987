"""Holds language models of textmill against nltk's, and against the formulas of the papers written down once more.

usage: language_model_peer.py TEXTMILL RECORDS.jsonl FOLDER

RECORDS.jsonl has texts under `content`. Every fifth one is held out and scored. Compared is the perplexity of each text and
of all together, to 1e-6 of its value; and the matrix of co-occurrences cell by cell.

nltk.lm.KneserNeyInterpolated differs from the textbook in two points, which the comparison steps around:
  - Single words are not interpolated with a uniform distribution, so what was never seen has the probability 0: it is given
    tokens that are in the texts, and textmill is asked for a closed vocabulary.
  - With `<s> <s>` before a text, nltk also counts the n-grams that end in `<s>`, as if `<s>` were predicted, and then the
    probabilities behind `<s>` add up to more than 1. It is given all n-grams but those.
"""

import json
import math
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.parquet
from nltk.lm import KneserNeyInterpolated
from nltk.lm.vocabulary import Vocabulary
from nltk.util import everygrams

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
CLOSE = 1e-6


def run(*arguments):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def tokens(text):
    return re.findall(r"\w+", text.lower())


def perplexity(log_probability, count):
    return math.exp(-log_probability / count) if count else None


def compare(name, found, expected):
    assert len(found) == len(expected), f"{name}: {len(found)} texts instead of {len(expected)}"
    worst = 0.0
    for number, (one, other) in enumerate(zip(found, expected)):
        assert (one is None) == (other is None), f"{name}: text {number} has {one} instead of {other}"
        if one is not None:
            apart = abs(one - other) / other
            assert apart < CLOSE, f"{name}: text {number} has the perplexity {one!r} instead of {other!r}"
            worst = max(worst, apart)
    print(f"{name}: {len(found)} perplexities, {worst:.1e} apart at most")


class Nltk:
    def __init__(self, texts, order, discount):
        self.order = order
        padded = [[START] * (order - 1) + text + [END] for text in texts]
        ngrams = [[gram for gram in everygrams(text, max_len=order) if gram[-1] != START] for text in padded]
        words = [word for text in padded for word in text]
        self.model = KneserNeyInterpolated(order, discount, vocabulary=Vocabulary(words, unk_cutoff=1))
        self.model.fit(ngrams)

    def probability(self, context, word):
        # `counts` of what never was: nltk divides by 0 where nothing follows a context that it has seen as a word.
        return self.model.unmasked_score(word, tuple(context))


class Textbook:
    """Interpolated Kneser-Ney as Chen and Goodman (1998) have it, from counts that are made anew for each order."""

    def __init__(self, texts, order, discount, closed):
        self.order = order
        padded = [[START] * (order - 1) + text + [END] for text in texts]
        counts = {}
        for length in range(order, 0, -1):
            if length == order:
                counts[length] = Counter(
                    tuple(text[at : at + length]) for text in padded for at in range(len(text) - length + 1)
                )
            else:
                counts[length] = Counter(gram[1:] for gram in counts[length + 1])
            counts[length] = Counter({gram: count for gram, count in counts[length].items() if gram[-1] != START})
        self.counts, self.following, self.discounts = counts, {}, {}
        for length, grams in counts.items():
            follow = defaultdict(list)
            for gram, count in grams.items():
                follow[gram[:-1]].append(count)
            self.following[length] = follow
            once, twice = (sum(count == times for count in grams.values()) for times in (1, 2))
            estimated = once / (once + 2 * twice) if once and twice else 0.75
            self.discounts[length] = discount or estimated
        if closed:
            self.discounts[1] = 0.0
        can_follow = {word for text in texts for word in text} | {UNKNOWN, END}
        self.floor = 0.0 if closed else 1 / len(can_follow)

    def probability(self, context, word):
        context = tuple(context[len(context) - self.order + 1 :]) if self.order > 1 else ()
        shorter = self.floor
        for length in range(1, self.order + 1):
            before = context[len(context) - length + 1 :] if length > 1 else ()
            follow = self.following[length].get(before)
            if not follow:
                continue
            total, discount = sum(follow), self.discounts[length]
            own = max(self.counts[length][before + (word,)] - discount, 0) / total
            shorter = own + discount * len(follow) / total * shorter
        return shorter


def scored(model, texts, order, skip_unknown):
    """Perplexity of each text and of all."""
    found, all_log, all_count = [], 0.0, 0
    for text in texts:
        padded = [START] * (order - 1) + text + ([END] if text else [])
        log, count = 0.0, 0
        for at in range(order - 1, len(padded)):
            if skip_unknown and padded[at] == UNKNOWN:
                continue
            log += math.log(model.probability(padded[at - order + 1 : at], padded[at]))
            count += 1
        found.append(perplexity(log, count))
        all_log, all_count = all_log + log, all_count + count
    return found + [perplexity(all_log, all_count)]


class Check:
    def __init__(self, textmill, folder, known, held_out):
        self.textmill, self.folder, self.known, self.held_out = textmill, folder, known, held_out
        for name, texts in (("known", known), ("held-out", held_out)):
            lines = (json.dumps({"text": " ".join(text)}, ensure_ascii=False) + "\n" for text in texts)
            (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")

    def textmill_scores(self, *options):
        model, output = self.folder / "model.lm", self.folder / "scored.parquet"
        base = ("--tokenizer", "whitespace", "--keep-case", "--window", "0", "--json")
        run(self.textmill, "lm", "build", self.folder / "known.jsonl", "-o", model, *base, *options)
        total = run(self.textmill, "lm", "score", model, self.folder / "held-out.jsonl", "-o", output, "--json")
        table = pyarrow.parquet.read_table(output)
        assert table["tokens"].to_pylist()[:3] == [score["tokens"] for score in total["items"][:3]]
        return table["perplexity"].to_pylist() + [total["perplexity"]]

    def texts(self, min_count):
        counts = Counter(word for text in self.known for word in text)
        keep = {word for word, count in counts.items() if count >= min_count}
        return [[[word if word in keep else UNKNOWN for word in text] for text in texts] for texts in (self.known, self.held_out)]

    def nltk(self, order, discount, min_count):
        known, held_out = self.texts(min_count)
        options = ("--order", order, "--discount", discount, "--min-count", min_count, "--closed-vocabulary")
        expected = scored(Nltk(known, order, discount), held_out, order, skip_unknown=min_count == 1)
        compare(f"nltk, order {order}, discount {discount}, words from {min_count} times on", self.textmill_scores(*options), expected)

    def textbook(self, order, min_count, discount=None, closed=False):
        known, held_out = self.texts(min_count)
        options = ["--order", order, "--min-count", min_count]
        options += ["--discount", discount] if discount else []
        options += ["--closed-vocabulary"] if closed else []
        model = Textbook(known, order, discount, closed)
        skip = closed and min_count == 1
        name = f"textbook, order {order}, discount {discount or 'estimated'}, words from {min_count} times on"
        compare(name, self.textmill_scores(*options), scored(model, held_out, order, skip))

    def cooccurrence(self, window, harmonic, smoothing, shift):
        path = self.folder / "pairs.parquet"
        options = ["--window", window, "--context-smoothing", smoothing, "--shift", shift, "--min-count", 2]
        options += ["--weighting", "harmonic"] if harmonic else []
        base = ("--tokenizer", "whitespace", "--keep-case", "--order", 1, "--cooccurrence", path, "--json")
        run(self.textmill, "lm", "build", self.folder / "known.jsonl", "-o", self.folder / "model.lm", *base, *options)
        words = pyarrow.parquet.read_table(self.folder / "pairs.vocabulary.parquet").to_pylist()
        assert [word["id"] for word in words] == list(range(len(words)))
        counts = Counter(word for text in self.known for word in text)
        ranked = sorted(((-count, word.encode()) for word, count in counts.items() if count >= 2))
        assert [word["word"].encode() for word in words[3:]] == [word for _, word in ranked]
        numbers = {word["word"]: word["id"] for word in words[3:]}
        pairs = defaultdict(float)
        for text in self.known:
            for at, word in enumerate(text):
                for other in range(max(at - window, 0), min(at + window + 1, len(text))):
                    if other != at and word in numbers and text[other] in numbers:
                        weight = 1 / abs(at - other) if harmonic else 1
                        pairs[numbers[word], numbers[text[other]]] += weight
        rows, columns = defaultdict(float), defaultdict(float)
        for (row, column), count in pairs.items():
            rows[row] += count
            columns[column] += count
        contexts = {column: count**smoothing for column, count in columns.items()}
        total, everything = sum(contexts.values()), sum(rows.values())
        cells = pyarrow.parquet.read_table(path).to_pylist()
        assert [(cell["row"], cell["column"]) for cell in cells] == sorted(pairs), "other cells, or in another order"
        for cell in cells:
            row, column = cell["row"], cell["column"]
            count = pairs[row, column]
            assert abs(cell["count"] - count) < 1e-9 * count, f"{cell} instead of {count}"
            joint = count / everything
            ppmi = max(math.log(joint / (rows[row] / everything * contexts[column] / total)) - math.log(shift), 0)
            assert abs(cell["ppmi"] - ppmi) < 1e-5, f"{cell} instead of {ppmi}"
        print(f"co-occurrences within {window}: {len(cells)} cells equal")


def main(textmill, records, folder):
    with open(records, encoding="utf-8") as file:
        texts = [tokens(json.loads(line)["content"]) for line in file]
    texts = [text for text in texts if text]
    known = [text for number, text in enumerate(texts) if number % 5]
    # nltk looks at all n-grams for each probability.
    held_out = [text[:60] for number, text in enumerate(texts) if number % 5 == 0][:60] + [[]]
    check = Check(textmill, Path(folder), known, held_out)
    check.nltk(2, 0.1, min_count=1)
    check.nltk(3, 0.75, min_count=2)
    check.nltk(4, 0.4, min_count=1)
    for order in range(1, 6):
        check.textbook(order, min_count=1)
    check.textbook(3, min_count=2)
    check.textbook(3, min_count=1, discount=0.75)
    check.textbook(3, min_count=1, closed=True)
    check.cooccurrence(5, harmonic=False, smoothing=0.75, shift=1)
    check.cooccurrence(10, harmonic=True, smoothing=1, shift=5)


main(*sys.argv[1:])
