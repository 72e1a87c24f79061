"""Our training configurations in PyTorch, AdamW (fused), one JSON line a call.

python torch_peer.py step ROW MODE [KEY=N…]    steps of a row, changed so: tokens a second
python torch_peer.py char MODE SEED TEXT N     N iterations of nanoGPT's character-level CPU setting

Modes: eager, compile, bf16, compile-bf16, max-bf16 (max-autotune). Compile time is told apart.
PEER_DEVICE: cpu, or cuda.
"""

import json
import math
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

DEVICE = os.environ.get("PEER_DEVICE", "cpu")

# The rows of `lyceum bench train`, in its order.
ROWS = {
    "nanogpt-char": dict(d=128, layers=4, heads=4, vocab=65, context=64, batch=12, tied=True),
    "d128": dict(d=128, layers=4, heads=2, vocab=4096, context=256, batch=8),
    "10.6M": dict(d=384, layers=6, heads=6, vocab=4096, context=256, batch=8),
    "10.6M-T1024": dict(d=384, layers=6, heads=6, vocab=4096, context=1024, batch=4),
    "10.6M-T4096": dict(d=384, layers=6, heads=6, vocab=4096, context=4096, batch=1),
    "d768": dict(d=768, layers=12, heads=12, vocab=50257, context=512, batch=2, tied=True, bias=True),
    "frozen-0.5B": dict(
        llama=True, d=896, layers=24, heads=14, kv_heads=2, hidden=4864, vocab=151936, context=512, batch=1
    ),
}


class Block(nn.Module):
    """GPT-2's."""

    def __init__(self, d, heads, bias):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(d, bias=bias), nn.LayerNorm(d, bias=bias)
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=bias), nn.Linear(d, d, bias=bias)
        self.up, self.down = nn.Linear(d, 4 * d, bias=bias), nn.Linear(4 * d, d, bias=bias)

    def forward(self, x):
        b, t, d = x.shape
        split = lambda z: z.view(b, t, self.heads, d // self.heads).transpose(1, 2)
        q, k, v = self.qkv(self.ln1(x)).split(d, dim=2)
        z = F.scaled_dot_product_attention(split(q), split(k), split(v), is_causal=True)
        x = x + self.out(z.transpose(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, vocab, d, layers, heads, context, tied, bias=False):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, d), nn.Embedding(context, d)
        self.blocks = nn.ModuleList(Block(d, heads, bias) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(d, bias=bias), nn.Linear(d, vocab, bias=False)
        for name, p in self.named_parameters():
            if p.dim() >= 2:
                writes = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers) if writes else 0.02)
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x)).float()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


class LlamaBlock(nn.Module):
    def __init__(self, d, heads, kv_heads, hidden):
        super().__init__()
        self.heads, self.kv_heads, self.width = heads, kv_heads, d // heads
        self.norm1, self.norm2 = nn.RMSNorm(d, eps=1e-5), nn.RMSNorm(d, eps=1e-5)
        self.qkv = nn.Linear(d, (heads + 2 * kv_heads) * self.width, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        self.gate_up, self.down = nn.Linear(d, 2 * hidden, bias=False), nn.Linear(hidden, d, bias=False)

    def forward(self, x, cos, sin):
        b, t, d = x.shape
        kv = self.kv_heads * self.width
        q, k, v = self.qkv(self.norm1(x)).split([d, kv, kv], dim=2)
        split = lambda z: z.view(b, t, -1, self.width).transpose(1, 2)

        def turn(z):
            a, c = z.chunk(2, dim=-1)
            return z * cos + torch.cat((-c, a), dim=-1) * sin

        q, k, v = turn(split(q)).to(v.dtype), turn(split(k)).to(v.dtype), split(v)
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.out(z.transpose(1, 2).reshape(b, t, d))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class Llama(nn.Module):
    """All but the norms frozen, and held as the products take them."""

    def __init__(self, vocab, d, layers, heads, kv_heads, hidden, context, half):
        super().__init__()
        self.tokens = nn.Embedding(vocab, d)
        self.blocks = nn.ModuleList(LlamaBlock(d, heads, kv_heads, hidden) for _ in range(layers))
        self.norm, self.head = nn.RMSNorm(d, eps=1e-5), nn.Linear(d, vocab, bias=False)
        self.head.weight = self.tokens.weight
        for p in self.parameters():
            if p.dim() >= 2:
                p.requires_grad_(False)
                nn.init.normal_(p, std=0.02)
                if half:
                    p.data = p.data.bfloat16()
        angles = torch.outer(torch.arange(context), 1e4 ** (-torch.arange(0, d // heads, 2) / (d // heads)))
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, ids, targets):
        x = self.tokens(ids).float()
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        logits = self.head(self.norm(x)).float()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def optimizer_of(parameters, lr, beta2):
    decayed = [p for p in parameters if p.dim() >= 2]
    others = [p for p in parameters if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, beta2), fused=True)


def update(forward, model, optimizer, mode, ids, targets):
    with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled="bf16" in mode):
        loss = forward(ids, targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss


def step(name, mode, changes, steps=10):
    torch.manual_seed(0)
    row = ROWS[name] | changes
    batch, vocab, context = row.pop("batch"), row["vocab"], row["context"]
    if row.pop("llama", False):
        model = Llama(**row, half="bf16" in mode)
    else:
        model = Model(**{"tied": False, **row})
    learns = [p for p in model.parameters() if p.requires_grad]
    optimizer = optimizer_of(learns, 1e-4, 0.95)
    forward = compiled(model, mode)
    ids, targets = torch.randint(0, vocab, (batch, context)), torch.randint(0, vocab, (batch, context))
    seconds = []
    for i in range(steps + 3):
        if i == 3:  # once compiled, since the compiler needs memory of its own
            forget_peak()
        start = time.time()
        update(forward, model, optimizer, mode, ids, targets).item()  # and waits for the device
        seconds.append(time.time() - start)
    mib = peak_mib()
    first, seconds = seconds[0], sorted(seconds[3:])
    rate = batch * context / seconds[len(seconds) // 2]
    return {"tokens_per_second": rate, "compile_seconds": first, "peak_mib": mib}


def compiled(model, mode):
    if "max" in mode:
        return torch.compile(model, mode="max-autotune")
    return torch.compile(model) if "compile" in mode else model


def forget_peak():
    """Sets the peak of memory to what is held now (resident memory, on Linux)."""
    if DEVICE == "cuda":
        return torch.cuda.reset_peak_memory_stats()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak_mib():
    if DEVICE == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 2**10


def char(mode, seed, path, iterations):
    text = open(path, encoding="utf-8").read()
    names = {c: i for i, c in enumerate(sorted(set(text)))}
    ids = torch.tensor([names[c] for c in text])
    n = len(ids) - len(ids) // 10  # as the split that ours makes, and nanoGPT's
    train, val = ids[:n], ids[n:]
    b, t = 12, 64
    torch.manual_seed(seed)
    model = Model(len(names), 128, 4, 4, t, tied=True)
    optimizer = optimizer_of(list(model.parameters()), 1e-3, 0.99)
    forward = compiled(model, mode)

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
                with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled="bf16" in mode):
                    forward(*batch(data))

    start = time.time()
    for group in optimizer.param_groups:
        group["lr"] = lr(0)
    losses = [update(forward, model, optimizer, mode, *batch(train)).detach()]
    look(1)
    compile_seconds = time.time() - start
    start = time.time()
    for i in range(1, iterations):
        for group in optimizer.param_groups:
            group["lr"] = lr(i)
        losses.append(update(forward, model, optimizer, mode, *batch(train)).detach())
        if i % 250 == 0:
            look()
    seconds = time.time() - start
    with torch.no_grad():  # all held-out text, window after window, in f32 eager
        whole = (len(val) - 1) // t * t
        x, y = val[:whole].view(-1, t), val[1 : whole + 1].view(-1, t)
        held_out = [model(a, c).item() * len(a) for a, c in zip(x.split(64), y.split(64))]
    return {
        "seconds": seconds,
        "compile_seconds": compile_seconds,
        "val": sum(held_out) / len(x),
        "losses": [loss.item() for loss in losses],
    }


if __name__ == "__main__":
    torch.set_default_device(DEVICE)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if sys.argv[1] == "step":
        changes = dict(word.split("=") for word in sys.argv[4:])
        result = step(sys.argv[2], sys.argv[3], {key: int(n) for key, n in changes.items()})
    else:
        result = char(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    about = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    print(json.dumps({**about, **result}))
