"""The side of bench/parity/families that runs transformers: `make` writes models and what they compute,
`compare` holds what we computed against it."""

import json
import pathlib
import shutil
import sys

import numpy
import torch
import transformers
transformers.logging.set_verbosity_error()
from mixed import mixed
from safetensors.numpy import load_file, save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

V, STEPS = 96, 200
SMALL = dict(vocab_size=V, hidden_size=32, intermediate_size=48, num_hidden_layers=3,
             num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
             pad_token_id=0, bos_token_id=1, eos_token_id=2)
NEOX = {k: v for k, v in SMALL.items() if k != "num_key_value_heads"}
GPT2 = dict(vocab_size=V, n_embd=32, n_layer=2, n_head=4, n_positions=256)
OPT = dict(vocab_size=V, hidden_size=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=4,
           max_position_embeddings=256, word_embed_proj_dim=32, pad_token_id=1)
GEMMA = dict(SMALL, head_dim=16, query_pre_attn_scalar=24, sliding_window=7)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)
LONG = dict(rope_type="longrope", short_factor=[1.0, 1.1, 1.2, 1.3], long_factor=[1.0, 2.0, 3.0, 4.0])
MLA = dict({k: v for k, v in SMALL.items() if k != "num_key_value_heads"}, num_key_value_heads=4,
           q_lora_rank=12, kv_lora_rank=10, qk_nope_head_dim=8, qk_rope_head_dim=4, v_head_dim=6,
           dim_model_base=8)
OSS = dict(SMALL, head_dim=8, num_local_experts=4, num_experts_per_tok=2, sliding_window=7)

# Name: model_type and its config.
VARIANTS = {
    "llama": ("llama", SMALL),
    "llama-tied": ("llama", dict(SMALL, tie_word_embeddings=True)),
    "llama-biases": ("llama", dict(SMALL, attention_bias=True, mlp_bias=True)),
    "llama-3.1": ("llama", dict(SMALL, rope_theta=5e5, rope_scaling=LLAMA3)),
    "llama-linear": ("llama", dict(SMALL, rope_scaling=dict(rope_type="linear", factor=4.0))),
    "llama-dynamic": ("llama", dict(SMALL, max_position_embeddings=64,
                                    rope_scaling=dict(rope_type="dynamic", factor=4.0))),
    "llama-yarn": ("llama", dict(SMALL, rope_scaling=YARN)),
    "mistral": ("mistral", dict(SMALL, sliding_window=7)),
    "mistral-wide": ("mistral", dict(SMALL, sliding_window=None, head_dim=16)),
    "mixtral": ("mixtral", dict(SMALL, num_local_experts=4, num_experts_per_tok=2)),
    "mixtral-balanced": ("mixtral", dict(SMALL, num_local_experts=4, num_experts_per_tok=2,
                                         output_router_logits=True, router_aux_loss_coef=0.1)),
    "qwen2": ("qwen2", SMALL),
    "qwen2-windows": ("qwen2", dict(SMALL, use_sliding_window=True, sliding_window=7, max_window_layers=1)),
    "qwen3": ("qwen3", dict(SMALL, head_dim=16)),
    "smollm3": ("smollm3", dict(SMALL, no_rope_layer_interval=2)),
    "granite": ("granite", dict(SMALL, embedding_multiplier=12.0, residual_multiplier=0.22,
                                logits_scaling=6.0, attention_multiplier=0.3)),
    "minicpm3": ("minicpm3", MLA),
    "minicpm3-wide": ("minicpm3", dict(MLA, q_lora_rank=None, v_head_dim=12, rope_scaling=YARN)),
    "phi3": ("phi3", SMALL),
    "phi3-long": ("phi3", dict(SMALL, original_max_position_embeddings=64, rope_scaling=LONG)),
    "phi3-partial": ("phi3", dict(SMALL, hidden_size=64, partial_rotary_factor=0.75)),
    "gemma2": ("gemma2", dict(GEMMA, attn_logit_softcapping=5.0, final_logit_softcapping=3.0)),
    "gemma3": ("gemma3_text", dict(GEMMA, layer_types=["sliding_attention", "full_attention", "sliding_attention"])),
    "gpt_oss": ("gpt_oss", dict(OSS, rope_scaling=dict(YARN, truncate=False))),
    "gpt_oss-mxfp4": ("gpt_oss", dict(OSS, intermediate_size=64)),
    "gpt2": ("gpt2", GPT2),
    "gpt2-untied": ("gpt2", dict(GPT2, tie_word_embeddings=False, n_inner=40, activation_function="gelu")),
    "gpt_neox": ("gpt_neox", dict(NEOX, rotary_pct=0.5)),
    "gpt_neox-serial": ("gpt_neox", dict(NEOX, use_parallel_residual=False, hidden_act="gelu_new")),
    "opt": ("opt", OPT),
    "opt-350m": ("opt", dict(OPT, do_layer_norm_before=False, word_embed_proj_dim=16)),
}


def weights(name, shape, above_one):
    """The tensor of this name and shape. The tests make the same."""
    values = mixed(name, int(numpy.prod(shape)))
    gain = name.endswith("weight") and ("norm" in name or ".ln_" in name)
    if gain:
        values = values * 0.25 + (0.0 if above_one else 1.0)
    elif len(shape) == 1 or "bias" in name:
        values = values * 0.25
    elif "embed" in name or ".wte." in name or ".wpe." in name:
        values = values * 0.5
    else:
        values = values * 2.0 / numpy.sqrt(float(shape[-1]))
    return values.astype(numpy.float32).reshape(shape)


def ids(name, n):
    return ((mixed(name, n) + 1.0) * 0.5 * (V - 3)).astype(numpy.int64) + 3


def batch():
    """Two rows of 12, the second with 5 places of padding on the left."""
    tokens = torch.tensor(ids("batch", 24)).reshape(2, 12)
    mask = torch.ones(2, 12, dtype=torch.long)
    mask[1, :5] = 0
    tokens[1, :5] = 1
    return tokens, mask


def make(folder, names):
    for name, (kind, options) in VARIANTS.items():
        if names and name not in names:
            continue
        here = folder / name
        config = transformers.AutoConfig.for_model(kind, **options)
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(here)
        file = here / "model.safetensors"
        made = {n: weights(n, t.shape, kind.startswith("gemma")) for n, t in load_file(file).items()}
        packed = packed_experts(made) if name.endswith("mxfp4") else {}
        save_file(made, file, metadata={"format": "pt"})
        model = load(here)
        tokens, mask = batch()
        places = (mask.cumsum(1) - 1).clamp(min=0)
        labels = tokens.masked_fill(mask == 0, -100)
        labels[1, 5] = -100  # padding predicts nothing
        out = model(tokens, attention_mask=mask, position_ids=places, labels=labels)
        out.loss.backward()
        said = {"logits": out.logits.detach().numpy(), "loss": out.loss.detach().reshape(1).numpy()}
        for parameter in model.parameters():
            parameter.data = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        model.save_pretrained(here / "gradients")
        said["cached"] = cached(load(here))
        said = {n: numpy.ascontiguousarray(v, dtype=numpy.float32) for n, v in said.items()}
        save_file(said, here / "theirs.safetensors")
        if packed:
            file.rename(here / "plain.safetensors")
            rest = {n: t for n, t in made.items() if not n.endswith("_proj")}
            save_file({**rest, **packed}, file, metadata={"format": "pt"})


def packed_experts(made):
    """Blocks and scales in the place of the experts' matrices, which become what transformers makes of them."""
    packed = {}
    for name in [n for n in made if n.endswith("_proj")]:
        experts, columns, rows = made[name].shape
        shape = (experts, rows, columns // 32)
        numbers = lambda end, n: mixed(name + end, n) * 0.5 + 0.5
        blocks = (numbers("_blocks", experts * rows * columns // 2) * 256).astype(numpy.uint8)
        scales = (numbers("_scales", experts * rows * columns // 32) * 3 + 123).astype(numpy.uint8)
        packed[name + "_blocks"] = blocks.reshape(*shape, 16)
        packed[name + "_scales"] = scales.reshape(shape)
        both = [torch.tensor(packed[name + end]) for end in ("_blocks", "_scales")]
        made[name] = convert_moe_packed_tensors(*both, dtype=torch.float32).numpy()
    return packed


def load(folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def cached(model):
    """Logits of one sequence, a token at a time."""
    rows, cache = [], None
    with torch.no_grad():
        for token in ids("steps", STEPS):
            out = model(torch.tensor([[token]]), cache=cache, use_cache=True)
            cache = out.cache
            rows.append(out.logits[0, -1].numpy())
    return numpy.stack(rows)


def off(got, expected):
    if got.shape != expected.shape:
        return float("inf")
    return float(numpy.abs(got - expected).max() / max(1.0, float(numpy.abs(expected).max())))


def compare(folder, names, golden):
    print(f"transformers {transformers.__version__}, torch {torch.__version__}")
    print(f"{'':18} {'logits':>9} {'cached':>9} {'loss':>9} {'gradients':>9} {'and back':>9}")
    worst, kept = 0.0, {}
    for name in VARIANTS:
        here = folder / name
        if not here.exists():
            continue
        theirs, ours = load_file(here / "theirs.safetensors"), load_file(here / "ours.safetensors")
        _, mask = batch()
        seen = mask.bool().numpy()
        figures = [off(ours["logits"][seen], theirs["logits"][seen])]
        figures += [off(ours[key], theirs[key]) for key in ("cached", "loss")]
        expected = load_file(here / "gradients/model.safetensors")
        got = load_file(here / "ours-gradients/model.safetensors")
        if missing := set(expected) ^ set(got):
            print(f"{name}: gradients of {sorted(missing)} on one side only")
        figures.append(max(off(got.get(n, numpy.zeros(0)), t) for n, t in expected.items()))
        plain = here / "plain.safetensors"
        before = load_file(plain if plain.exists() else here / "model.safetensors")
        after = load_file(here / "back/model.safetensors")
        same = set(before) == set(after) and all((before[n] == after[n]).all() for n in before)
        figures.append(off(cached(load(here / "back")), theirs["cached"]) if same else float("inf"))
        print(f"{name:18} " + " ".join(f"{figure:9.1e}" for figure in figures), flush=True)
        worst = max([worst, *figures])
        if not plain.exists():
            kept[name] = golden_of(here, theirs, expected)
    print(f"the largest difference of all: {worst:.1e}")
    if golden:
        target = pathlib.Path("testdata/families")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        of = {"tool": f"transformers {transformers.__version__}, torch {torch.__version__}", "models": kept}
        (target / "golden.json").write_text(json.dumps(of, separators=(",", ":")) + "\n")
    return worst <= 1e-4


def golden_of(here, theirs, gradients):
    """What the tests hold against theirs: the last logits of each row, some of the cached ones, the loss,
    and of each gradient its norm and its first value."""
    short = lambda values: [float(f"{v:.7g}") for v in numpy.ravel(values).tolist()]
    config = json.loads((here / "config.json").read_text())
    idle = ("_name_or_path", "transformers_version", "id2label", "label2id")
    return {
        "config": {k: v for k, v in config.items() if k not in idle},
        "logits": short(theirs["logits"][:, -1, ::7]),
        "cached": short(theirs["cached"][::33, ::7]),
        "loss": short(theirs["loss"])[0],
        "gradients": {n: short([numpy.linalg.norm(t), numpy.ravel(t)[0]]) for n, t in gradients.items()},
    }


if __name__ == "__main__":
    what, folder, *names = sys.argv[1:]
    golden = "--golden" in names
    names = [name for name in names if name != "--golden"]
    if what == "make":
        make(pathlib.Path(folder), names)
    else:
        sys.exit(0 if compare(pathlib.Path(folder), names, golden) else 1)
