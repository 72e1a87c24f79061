"""The same training step in PyTorch: GPT-2 form, no biases, untied, AdamW (fused).

python step.py MODE... with modes eager, compile, bf16, compile-bf16; one JSON line a mode.
"""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

V, D, LAYERS, HEADS, T, B = 4096, 384, 6, 6, 256, 8


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D, bias=False), nn.LayerNorm(D, bias=False)
        self.qkv, self.out = nn.Linear(D, 3 * D, bias=False), nn.Linear(D, D, bias=False)
        self.up, self.down = nn.Linear(D, 4 * D, bias=False), nn.Linear(4 * D, D, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        heads = lambda z: z.view(b, t, HEADS, d // HEADS).transpose(1, 2)
        q, k, v = self.qkv(self.ln1(x)).split(d, dim=2)
        z = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), is_causal=True)
        x = x + self.out(z.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(D, bias=False), nn.Linear(D, V, bias=False)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.places(torch.arange(T))
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.head(self.norm(x)).float().view(-1, V), targets.view(-1))


def run(mode, steps=13):
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, fused=True)
    forward = torch.compile(model) if "compile" in mode else model
    ids, targets = torch.randint(0, V, (B, T)), torch.randint(0, V, (B, T))
    seconds = []
    for _ in range(steps):
        start = time.time()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in mode):
            loss = forward(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds.append(time.time() - start)
    seconds = sorted(seconds[3:])
    rate = B * T / seconds[len(seconds) // 2]
    print(json.dumps({"mode": mode, "torch": torch.__version__, "tokens_per_second": round(rate)}))


for mode in sys.argv[1:] or ["compile-bf16"]:
    run(mode)
