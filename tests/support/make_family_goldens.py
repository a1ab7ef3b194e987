#!/usr/bin/env python3
"""Vectors of tiny encoders of each family, made by transformers and torch: family_goldens.json beside this file.

The weights are drawn from their names and places, in Rust by the same formula, so only shapes and vectors are kept.
Made with torch 2.15.0 and transformers 5.23.0, on a processor, in f32, one text at a time:

    python3 -m venv venv && venv/bin/pip install torch transformers
    venv/bin/python tests/support/make_family_goldens.py
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertForMaskedLM,
    ModernBertConfig,
    ModernBertForMaskedLM,
    NomicBertConfig,
    NomicBertModel,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaModel,
)

# The forty words of tiny_model.rs.
WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] a the cat dog house sits runs on in is green red old new water steel con "
    "##crete ##s ##ed wood wind power one two three . , ! ? - tree river stone light"
).split()
TEXTS = [
    "the cat sits on the old house",
    "",
    "wind power is green",
    " ".join(f"{a} {b}" for a in ("one", "two", "three", "new", "red") for b in ("tree", "river", "stone", "light", "a")),
    "steel , wood - water ! " * 19,
]
BERT = {
    "vocab_size": len(WORDS), "hidden_size": 36, "num_hidden_layers": 2, "num_attention_heads": 3,
    "intermediate_size": 50, "max_position_embeddings": 130,
}
ROBERTA = BERT | {"pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
TURNED = {"bos_token_id": None, "eos_token_id": None}
MODELS = {
    "bert": (BertModel, BertConfig(**BERT)),
    # With a head, so that the names begin with the family's.
    "distilbert": (DistilBertForMaskedLM, DistilBertConfig(
        vocab_size=len(WORDS), dim=36, n_layers=2, n_heads=3, hidden_dim=50, max_position_embeddings=130)),
    "roberta": (RobertaForMaskedLM, RobertaConfig(**ROBERTA)),
    "xlm-roberta": (XLMRobertaModel, XLMRobertaConfig(**ROBERTA)),
    "nomic_bert": (NomicBertModel, NomicBertConfig(**BERT, **TURNED)),
    # Four layers: seeing all, a window, a window, seeing all.
    "modernbert": (ModernBertForMaskedLM, ModernBertConfig(
        **BERT | {"num_hidden_layers": 4}, pad_token_id=0, cls_token_id=2, sep_token_id=3, local_attention=12, **TURNED)),
}


def drawn(name: str, shape: list[int]) -> numpy.ndarray:
    """Knuth's generator, seeded with the name (FNV-1a); scales of norms around one, all else around zero."""
    seed, mask = 0xCBF29CE484222325, (1 << 64) - 1
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & mask
    numbers = []
    for _ in range(int(numpy.prod(shape))):
        seed = (seed * 6364136223846793005 + 1442695040888963407) & mask
        numbers.append((seed >> 40) / (1 << 24) - 0.5)
    numbers = numpy.array(numbers, dtype=numpy.float32).reshape(shape)
    is_scale = "norm" in name.lower() or "emb_ln" in name
    return 1 + numbers / 5 if is_scale and name.endswith("weight") else numbers


def ids(text: str) -> list[int]:
    return [WORDS.index(word) for word in ["[CLS]", *text.split(), "[SEP]"]]


def golden(family: str) -> dict:
    kind, config = MODELS[family]
    torch.manual_seed(42)
    with TemporaryDirectory() as folder:
        kind(config).save_pretrained(folder)
        path = Path(folder, "model.safetensors")
        with safe_open(path, "np") as file:
            tensors = {name: list(file.get_slice(name).get_shape()) for name in sorted(file.keys())}
        save_file({name: drawn(name, shape) for name, shape in tensors.items()}, path, {"format": "pt"})
        model, report = kind.from_pretrained(folder, attn_implementation="eager", output_loading_info=True)
        assert not any(report.values()), report
        model = getattr(model, model.base_model_prefix, model).eval()
        written = json.loads(Path(folder, "config.json").read_text())
    rows = []
    with torch.no_grad():
        for text in TEXTS:
            hidden = model(torch.tensor([ids(text)])).last_hidden_state[0]
            vector = torch.nn.functional.normalize(hidden.mean(0), dim=0)
            rows.append([round(number, 8) for number in vector.tolist()])
    return {"config": written, "tensors": tensors, "vectors": rows}


def main() -> None:
    found = {"texts": TEXTS, "tokens": [len(ids(text)) for text in TEXTS]}
    found["families"] = {family: golden(family) for family in MODELS}
    path = Path(__file__).with_name("family_goldens.json")
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
