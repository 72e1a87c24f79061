"""The same as crates/life/examples/likelihoods.rs by transformers in 64-bit numbers: likelihoods.py MODEL."""

import json
import sys

import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float64).eval()
for line in sys.stdin:
    context, continuation = json.loads(line)
    with torch.no_grad():
        logits = model(torch.tensor([context + continuation[:-1]])).logits[0, len(context) - 1:]
    chosen = torch.tensor(continuation)
    told = logits.log_softmax(-1).gather(1, chosen[:, None]).sum().item()
    print(json.dumps([told, bool((logits.argmax(-1) == chosen).all())]), flush=True)
