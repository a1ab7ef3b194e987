"""A peer of the embedding figures as a process that is asked over a pipe, as `embed_engine.rs` is.

usage: embed_peers.py torch|onnx|onnx-int8 MODEL_DIR ONNX_DIR THREADS     then a JSON request a line
       embed_peers.py export MODEL_DIR ONNX_DIR                           writes model.onnx and model_int8.onnx

All do the same work: 256 tokens at most, the mean over a text's tokens, length 1. onnxruntime gets what somebody would
write who knows it: texts sorted by length, in batches padded to their longest. Its int8 model is made with its own tool,
the way its documentation has it: dynamic, a scale a channel.
"""

import json
import resource
import sys
import time
from pathlib import Path

MAX_TOKENS = 256


class Torch:
    """sentence-transformers, which sorts by length itself."""

    def __init__(self, model: str, _: str, threads: int) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        self.model = SentenceTransformer(model, device="cpu")
        self.model.max_seq_length = MAX_TOKENS

    def embed(self, texts: list[str], batch: int):
        return self.model.encode(texts, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)


class Onnx:
    def __init__(self, model: str, onnx: str, threads: int) -> None:
        import numpy
        import onnxruntime
        from tokenizers import Tokenizer

        self.numpy = numpy
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def embed(self, texts: list[str], batch: int):
        numpy = self.numpy
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(texts)), key=lambda text: -len(ids[text]))
        vectors = [None] * len(texts)
        for start in range(0, len(order), batch):
            members = order[start : start + batch]
            shape = (len(members), len(ids[members[0]]))
            tokens, mask = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int64)
            for row, text in enumerate(members):
                tokens[row, : len(ids[text])] = ids[text]
                mask[row, : len(ids[text])] = 1
            inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": numpy.zeros_like(tokens)}
            hidden = self.session.run(None, inputs)[0]
            weights = mask[..., None].astype(numpy.float32)
            means = (hidden * weights).sum(1) / weights.sum(1)
            means /= numpy.maximum(numpy.linalg.norm(means, axis=1, keepdims=True), 1e-12)
            for row, text in enumerate(members):
                vectors[text] = means[row]
        return vectors


def export(model: str, onnx: str) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModel

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(model, attn_implementation="eager").eval()

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(input_ids, attention_mask, token_type_ids).last_hidden_state

    folder = Path(onnx)
    folder.mkdir(parents=True, exist_ok=True)
    tokens = torch.ones(2, 16, dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "texts", 1: "tokens"} for name in [*names, "hidden"]}
    unfinished = folder / "unfinished.onnx"
    torch.onnx.export(
        Encoder(),
        (tokens, tokens.clone(), torch.zeros_like(tokens)),
        str(unfinished),
        input_names=names,
        output_names=["hidden"],
        dynamic_axes=axes,
        opset_version=14,
        dynamo=False,
    )
    quantize_dynamic(unfinished, folder / "model_int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
    unfinished.rename(folder / "model.onnx")


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mib() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def answer(engine, request: dict) -> dict:
    texts, batch = request["texts"], request.get("batch", 1)
    if request.get("alone"):
        times = []
        for text in texts:
            began = time.perf_counter()
            engine.embed([text], 1)
            times.append((time.perf_counter() - began) * 1e3)
        return {"ms": times}
    began, cpu = time.perf_counter(), cpu_s()
    for _ in range(request.get("times", 1)):
        vectors = engine.embed(texts, batch)
    said = {"wall_s": time.perf_counter() - began, "cpu_s": cpu_s() - cpu, "peak_mib": peak_mib()}
    if request.get("vectors"):
        said["vectors"] = [[float(number) for number in vector] for vector in vectors]
    return said


def main() -> None:
    kind, model, onnx = sys.argv[1:4]
    if kind == "export":
        return export(model, onnx)
    threads, began = int(sys.argv[4]), time.perf_counter()
    if kind == "torch":
        engine = Torch(model, onnx, threads)
    else:
        engine = Onnx(model, f"{onnx}/{'model_int8' if kind == 'onnx-int8' else 'model'}.onnx", threads)
    print(json.dumps({"load_s": time.perf_counter() - began}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(engine, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
