"""Texts of the embedding figures: prose of a fixed seed, the same on every machine.

short      200 sentences of about 20 tokens
paragraph  48 paragraphs of 150 to 256 tokens
mixed      120 texts: three fifths short, three tenths of a few sentences, a tenth paragraphs
"""

import random

SEED = 20260101
SUBJECTS = (
    "the supplier|our new plant|the auditor|a small team|the regional council|every customer|the research group|"
    "an older turbine|the water company|this report|the night shift|a committee of experts|the museum|her neighbour"
).split("|")
VERBS = (
    "reduced|described|measured|sold|repaired|questioned|approved|published|delayed|compared|rebuilt|forgot|praised|"
    "tested|replaced|announced"
).split("|")
OBJECTS = (
    "the emissions of the cement works|a bridge over the river|the price of recycled steel|forty wooden houses|"
    "the safety of its workers|a contract with three banks|the results of the spring survey|an unusual recipe|"
    "the roof of the railway station|two letters from the archive|the software of the pumps|a field of barley|"
    "the heating of the school|her grandfather's violin"
).split("|")
PLACES = (
    "in the north|near the harbour|after a long winter|without any notice|at the end of the quarter|in Copenhagen|"
    "for the first time since 1998|under heavy rain|with surprising care|during the conference|on a Sunday morning|"
    "despite two warnings"
).split("|")
LINKS = "and then|because|although|while|so that|before".split("|")


def clause(draw: random.Random) -> str:
    return " ".join(draw.choice(words) for words in (SUBJECTS, VERBS, OBJECTS, PLACES))


def sentence(draw: random.Random) -> str:
    text = clause(draw)
    if draw.random() < 0.3:
        text += f", {draw.choice(LINKS)} {clause(draw)}"
    return text[0].upper() + text[1:] + draw.choice("...?!")


def sentences(draw: random.Random, least: int, most: int) -> str:
    return " ".join(sentence(draw) for _ in range(draw.randint(least, most)))


def texts(kind: str) -> list[str]:
    """The texts of a kind, in an order that is not that of their lengths."""
    draw = random.Random(f"{SEED} {kind}")
    if kind == "short":
        return [sentence(draw) for _ in range(200)]
    if kind == "paragraph":
        return [sentences(draw, 8, 12) for _ in range(48)]
    if kind == "mixed":
        ranges = [(1, 1)] * 72 + [(2, 5)] * 36 + [(8, 12)] * 12
        draw.shuffle(ranges)
        return [sentences(draw, *lengths) for lengths in ranges]
    raise ValueError(f"no such kind of texts: {kind}")
