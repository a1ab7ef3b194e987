"""Asks a running service for vectors with the stock OpenAI client: openai_client.py URL MODEL"""

import sys

import openai

url, model = sys.argv[1:]
client = openai.OpenAI(base_url=f"{url}/v1", api_key="none is needed", max_retries=0)
texts = ["The cat sits on the old house.", "", "Steel and wood: wind power!"]

# Unless it is told otherwise, the client asks for Base64 and unpacks it.
found = client.embeddings.create(model=model, input=texts)
assert [one.index for one in found.data] == [0, 1, 2], found
assert found.model == model and found.usage.prompt_tokens == found.usage.total_tokens > 6, found.usage
plain = client.embeddings.create(model=model, input=texts, encoding_format="float")
for packed, listed in zip(found.data, plain.data, strict=True):
    assert len(packed.embedding) == len(listed.embedding) > 30
    assert max(abs(a - b) for a, b in zip(packed.embedding, listed.embedding, strict=True)) < 1e-7
    assert abs(sum(number * number for number in listed.embedding) - 1) < 1e-5

one = client.embeddings.create(model=model, input=texts[0], dimensions=len(found.data[0].embedding))
assert one.data[0].embedding == found.data[0].embedding
assert model in [one.id for one in client.models.list()]

try:
    client.embeddings.create(model="no-such-model", input="a")
    raise AssertionError("a model that nobody knows was taken")
except openai.NotFoundError as error:
    assert error.code == "model-not-in-catalogue", error
try:
    client.embeddings.create(model=model, input=[])
    raise AssertionError("an empty list was taken")
except openai.BadRequestError as error:
    assert error.param == "input" and error.type == "invalid_request_error", error
print(f"openai {openai.__version__}: {len(found.data)} vectors of {len(found.data[0].embedding)} numbers from {model}")
