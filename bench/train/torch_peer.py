"""Our training configurations in PyTorch: GPT-2 form, AdamW (fused), one JSON line a call.

python torch_peer.py step MODE                 steps of the 10.6M row: tokens a second
python torch_peer.py char MODE SEED TEXT N     N iterations of nanoGPT's character-level CPU setting

Modes: eager, compile, bf16, compile-bf16. Compile time is told apart.
"""

import json
import math
import os
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(d, bias=False), nn.LayerNorm(d, bias=False)
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.up, self.down = nn.Linear(d, 4 * d, bias=False), nn.Linear(4 * d, d, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        split = lambda z: z.view(b, t, self.heads, d // self.heads).transpose(1, 2)
        q, k, v = self.qkv(self.ln1(x)).split(d, dim=2)
        z = F.scaled_dot_product_attention(split(q), split(k), split(v), is_causal=True)
        x = x + self.out(z.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, vocab, d, layers, heads, context, tied):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, d), nn.Embedding(context, d)
        self.blocks = nn.ModuleList(Block(d, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(d, bias=False), nn.Linear(d, vocab, bias=False)
        for name, p in self.named_parameters():
            if p.dim() >= 2:
                writes = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers) if writes else 0.02)
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x)).float()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def optimizer_of(model, lr, beta2):
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, beta2), fused=True)


def update(forward, model, optimizer, mode, ids, targets):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in mode):
        loss = forward(ids, targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss


def step(mode, steps=10):
    torch.manual_seed(0)
    model = Model(4096, 384, 6, 6, 256, tied=False)
    optimizer = optimizer_of(model, 1e-4, 0.95)
    forward = torch.compile(model) if "compile" in mode else model
    ids, targets = torch.randint(0, 4096, (8, 256)), torch.randint(0, 4096, (8, 256))
    seconds, mib = [], 0
    for i in range(steps + 3):
        start = time.time()
        update(forward, model, optimizer, mode, ids, targets)
        seconds.append(time.time() - start)
        if i >= 3:  # once compiled, since the compiler needs memory of its own
            mib = max(mib, resident_mib())
    first, seconds = seconds[0], sorted(seconds[3:])
    rate = 8 * 256 / seconds[len(seconds) // 2]
    return {"tokens_per_second": rate, "compile_seconds": first, "steady_mib": mib}


def resident_mib():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() / 2**20


def char(mode, seed, path, iterations):
    text = open(path, encoding="utf-8").read()
    names = {c: i for i, c in enumerate(sorted(set(text)))}
    ids = torch.tensor([names[c] for c in text])
    n = len(ids) - len(ids) // 10  # as the split that ours makes, and nanoGPT's
    train, val = ids[:n], ids[n:]
    b, t = 12, 64
    torch.manual_seed(seed)
    model = Model(len(names), 128, 4, 4, t, tied=True)
    optimizer = optimizer_of(model, 1e-3, 0.99)
    forward = torch.compile(model) if "compile" in mode else model

    def batch(data):
        at = torch.randint(len(data) - t, (b,))
        rows = torch.stack([data[i : i + t + 1] for i in at])
        return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()

    def lr(i):
        if i < 100:
            return 1e-3 * (i + 1) / 100
        return 1e-4 + 0.5 * (1 + math.cos(math.pi * (i - 100) / (iterations - 100))) * 9e-4

    @torch.no_grad()
    def look(rounds=20):
        for data in (train, val):
            for _ in range(rounds):
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in mode):
                    forward(*batch(data))

    start = time.time()
    for group in optimizer.param_groups:
        group["lr"] = lr(0)
    update(forward, model, optimizer, mode, *batch(train))
    look(1)
    compile_seconds = time.time() - start
    start = time.time()
    for i in range(1, iterations):
        for group in optimizer.param_groups:
            group["lr"] = lr(i)
        update(forward, model, optimizer, mode, *batch(train))
        if i % 250 == 0:
            look()
    seconds = time.time() - start
    with torch.no_grad():  # all held-out text, window after window, in f32 eager
        whole = (len(val) - 1) // t * t
        x, y = val[:whole].view(-1, t), val[1 : whole + 1].view(-1, t)
        losses = [model(a, c).item() * len(a) for a, c in zip(x.split(64), y.split(64))]
    return {"seconds": seconds, "compile_seconds": compile_seconds, "val": sum(losses) / len(x)}


if __name__ == "__main__":
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if sys.argv[1] == "step":
        result = step(sys.argv[2])
    else:
        result = char(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    about = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    print(json.dumps({**about, **result}))
