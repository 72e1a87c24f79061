"""The same as crates/life/examples/likelihoods.rs by transformers in 64-bit numbers: likelihoods.py MODEL."""

import json
import sys

import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float64).eval()


def logits(ids):
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0]


def told(context, continuation):
    rows, chosen = logits(context + continuation[:-1])[len(context) - 1:], torch.tensor(continuation)
    sum_of = rows.log_softmax(-1).gather(1, chosen[:, None]).sum().item()
    return [sum_of, bool((rows.argmax(-1) == chosen).all())]


def greedy(context, n):
    ids = []
    for _ in range(n):
        ids.append(logits(context + ids)[-1].argmax().item())
    return ids


for line in sys.stdin:
    context, wanted = json.loads(line)
    print(json.dumps(greedy(context, wanted) if isinstance(wanted, int) else told(context, wanted)), flush=True)
