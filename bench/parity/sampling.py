"""The side of bench/parity/sampling that runs the others: each command writes what one of them computes.

usage: sampling.py llama|transformers|contrastive SEED FILE | merge FILE PART…
"""

import importlib.metadata
import json
import pathlib
import random
import struct
import sys

V = 40


def numbers(rng, spread=3.0, n=V):
    return [round(rng.gauss(0, spread), 3) for _ in range(n)]


def text(rng, n, kinds=V):
    """Ids of which some come again, stretches of them too."""
    ids = [rng.randrange(kinds) for _ in range(n)]
    for _ in range(3):
        length = rng.randrange(1, 6)
        a, b = rng.randrange(n - length), rng.randrange(n - length)
        ids[a : a + length] = ids[b : b + length]
    return ids


def case(tool, sampling, logits, prompt=(), answer=(), **expected):
    return {"tool": tool, "sampling": sampling, "prompt": list(prompt), "answer": list(answer),
            "logits": logits, **expected}


# llama.cpp.

# Byte tokens, so that the vocabulary knows a line break; the rest are words, two of which hold a breaker.
PIECES = ["<unk>", "<s>", "</s>", "<0x0A>"] + [f"w{i}" for i in range(4, V - 2)] + ["a*b", "*"]
BREAKERS = [V - 2, V - 1]


def vocabulary(path):
    """A GGUF file that holds a vocabulary and no model."""
    def string(s):
        return struct.pack("<Q", len(s.encode())) + s.encode()

    def listed(kind, items):
        return struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)

    kinds = [2, 3, 3, 6] + [1] * (V - 4)
    pairs = {
        "general.architecture": struct.pack("<I", 8) + string("llama"),
        "tokenizer.ggml.model": struct.pack("<I", 8) + string("llama"),
        "tokenizer.ggml.tokens": listed(8, [string(piece) for piece in PIECES]),
        "tokenizer.ggml.scores": listed(6, [struct.pack("<f", -i) for i in range(V)]),
        "tokenizer.ggml.token_type": listed(5, [struct.pack("<i", kind) for kind in kinds]),
    }
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    pathlib.Path(path).write_bytes(head + b"".join(string(k) + v for k, v in pairs.items()))


def llama(seed, path):
    import ctypes
    import llama_cpp as ll

    silent = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
    ll.llama_log_set(silent, None)
    vocabulary(path)
    options = ll.llama_model_default_params()
    options.vocab_only = True
    model = ll.llama_model_load_from_file(str(path).encode(), options)
    vocab = ll.llama_model_get_vocab(model)
    tool = f"llama-cpp-python {importlib.metadata.version('llama_cpp_python')}"

    def apply(sampler, logits, accepted=()):
        data = (ll.llama_token_data * V)(*[ll.llama_token_data(i, l, 0.0) for i, l in enumerate(logits)])
        array = ll.llama_token_data_array(data, V, -1, False)
        for token in accepted:
            ll.llama_sampler_accept(sampler, token)
        ll.llama_sampler_apply(sampler, ctypes.byref(array))
        ll.llama_sampler_free(sampler)
        return {array.data[i].id: array.data[i].logit for i in range(array.size)}

    rng, cases = random.Random(seed), []
    for name, init, values in [
        ("typical_p", ll.llama_sampler_init_typical, [0.2, 0.5, 0.9]),
        ("top_p", ll.llama_sampler_init_top_p, [0.3, 0.9]),
        ("min_p", ll.llama_sampler_init_min_p, [0.05, 0.3]),
    ]:
        for value in values:
            logits = numbers(rng)
            kept = sorted(apply(init(value, 1), logits))
            cases.append(case(tool, {name: value}, logits, kept=kept))
    logits = numbers(rng)
    cases.append(case(tool, {"top_k": 7}, logits, kept=sorted(apply(ll.llama_sampler_init_top_k(7), logits))))

    def moved(sampling, sampler, answer=()):
        logits = numbers(rng)
        got = apply(sampler, logits, answer)
        adjusted = [got[i] for i in range(V)]
        cases.append(case(tool, sampling, logits, answer=answer, adjusted=adjusted))

    for repeat, frequency, presence, last in [
        (1.3, 0.0, 0.0, 64), (1.0, 0.4, 0.0, 64), (1.0, 0.0, 0.7, 10), (0.8, 0.3, -0.2, 12), (1.1, -0.5, 1.5, 1),
    ]:
        sampling = {"repetition_penalty": repeat, "frequency_penalty": frequency, "presence_penalty": presence,
                    "penalty_last_n": last}
        sampler = ll.llama_sampler_init_penalties(V, last, repeat, frequency, presence)
        moved(sampling, sampler, text(rng, 40, 25))
    for multiplier, base, allowed, last, breaks in [
        (0.8, 1.75, 2, 64, False), (0.8, 1.75, 1, 64, False), (1.5, 2.0, 3, 64, False), (0.8, 1.75, 1, 20, False),
        (0.8, 1.75, 1, 64, True), (2.0, 1.3, 2, 40, True), (0.8, 1.75, 1, 64, True), (0.5, 1.0, 1, 64, True),
    ]:
        dry = {"multiplier": multiplier, "base": base, "allowed_length": allowed, "last_n": last,
               "breakers": BREAKERS if breaks else []}
        strings = (ctypes.c_char_p * 1)(b"*")
        sampler = ll.llama_sampler_init_dry(vocab, multiplier, base, allowed, last, strings, int(breaks))
        # The newest ids stand in the text before, so that there is something to penalize.
        answer = text(rng, 50, 8)
        answer[7:10] = answer[-3:]
        if breaks:
            answer = [BREAKERS[id % 2] if id == 7 else id for id in answer]
        moved({"dry": dry}, sampler, answer)
    bias = (ll.llama_logit_bias * 2)(ll.llama_logit_bias(3, -4.5), ll.llama_logit_bias(11, 2.25))
    moved({"logit_bias": {"3": -4.5, "11": 2.25}}, ll.llama_sampler_init_logit_bias(V, 2, bias))
    dump(path, {"cases": cases, "llama": tool})


# transformers.

SMALL = dict(vocab_size=V, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)


def tiny(seed):
    """A Llama whose weights are made of seed and name, as those of bench/parity/families are."""
    import torch
    from mixed import mixed
    from transformers import LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(LlamaConfig(**SMALL)).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = torch.tensor(mixed(f"{seed} {name}", weight.numel())).reshape(weight.shape)
            # Sharper than chance, so that beams differ.
            scale = 1.0 if "norm" in name or "embed" in name else 3.0 / weight.shape[-1] ** 0.5
            weight.copy_(values * scale + (1.0 if "norm" in name else 0.0))
    config = model.config.to_dict()
    keys = ["model_type", "rms_norm_eps", "rope_theta", "tie_word_embeddings", "hidden_act", *SMALL]
    return model, {"rope_theta": 10000.0, **{key: config[key] for key in keys if key in config}}


def transformers(seed, path):
    import torch
    import transformers as tr
    from transformers.generation import logits_process as lp

    tr.logging.set_verbosity_error()
    tool = f"transformers {tr.__version__}, torch {torch.__version__}"
    rng, cases = random.Random(100 + seed), []

    def apply(processor, logits, ids=()):
        ids = torch.tensor([list(ids)], dtype=torch.long)
        return processor(ids, torch.tensor([logits], dtype=torch.float32))[0].tolist()

    for sampling, processor in [
        ({"typical_p": 0.2}, lp.TypicalLogitsWarper(0.2)), ({"typical_p": 0.6}, lp.TypicalLogitsWarper(0.6)),
        ({"typical_p": 0.95}, lp.TypicalLogitsWarper(0.95)), ({"top_k": 5}, lp.TopKLogitsWarper(5)),
        ({"top_p": 0.4}, lp.TopPLogitsWarper(0.4)), ({"top_p": 0.95}, lp.TopPLogitsWarper(0.95)),
        ({"min_p": 0.1}, lp.MinPLogitsWarper(0.1)),
    ]:
        logits = numbers(rng)
        kept = [i for i, l in enumerate(apply(processor, logits)) if l > -1e30]
        cases.append(case(tool, sampling, logits, kept=kept))
    for penalty in [1.3, 0.7]:
        logits, prompt, answer = numbers(rng), text(rng, 10), text(rng, 8)
        adjusted = apply(lp.RepetitionPenaltyLogitsProcessor(penalty), logits, prompt + answer)
        cases.append(case(tool, {"repetition_penalty": penalty}, logits, prompt, answer, adjusted=adjusted))
    logits = numbers(rng)
    processor = lp.SequenceBiasLogitsProcessor({(4,): -2.5, (9,): 1.5})
    cases.append(case(tool, {"logit_bias": {"4": -2.5, "9": 1.5}}, logits, adjusted=apply(processor, logits, [0])))
    model, config = tiny(seed)
    beams = [searched(model, rng, options) for options in BEAMS]
    dump(path, {"cases": cases, "beams": beams, "config": config, "seed": seed, "transformers": tool})


# Beams, length penalty, early stopping, stop tokens, tokens at most.
BEAMS = [
    (1, 1.0, False, [2], 10), (4, 1.0, False, [2], 10), (4, 0.0, False, [2, 5], 12), (3, -1.0, True, [2, 7], 12),
    (5, 2.0, "never", [2, 3, 4], 12), (4, 0.6, True, [2, 3, 4, 5], 12), (6, -0.5, "never", list(range(2, 9)), 9),
    # So many ends that it matters when one stops to look.
    *((beams, penalty, rule, list(range(2, 14)), 20)
      for rule in (True, False, "never") for beams, penalty in ((2, 2.0), (3, 1.0), (3, 2.0))),
]


def searched(model, rng, options):
    import torch

    beams, length_penalty, early_stopping, stop, most = options
    prompt = [1] + [rng.randrange(10, V) for _ in range(5)]
    with torch.no_grad():
        got = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, 6, dtype=torch.long), num_beams=beams,
            num_return_sequences=beams, length_penalty=length_penalty, early_stopping=early_stopping,
            eos_token_id=stop, max_new_tokens=most, do_sample=False, return_dict_in_generate=True,
            output_scores=True, pad_token_id=0,
        )
    # One beam is another function there, which tells no score.
    scores = got.sequences_scores.tolist() if beams > 1 else [None]
    found = []
    for sequence, score in zip(got.sequences.tolist(), scores):
        tokens = sequence[len(prompt):]
        end = next((i for i, token in enumerate(tokens) if token in stop), len(tokens))
        found.append({"tokens": tokens[:end], "score": score, "stopped": end < len(tokens)})
    return {"prompt": prompt, "beams": beams, "length_penalty": length_penalty, "early_stopping": early_stopping,
            "stop": stop, "max_tokens": most, "found": found}


def contrastive(seed, path):
    import torch
    import transformers as tr

    tr.logging.set_verbosity_error()
    rng, found = random.Random(200 + seed), []
    model, _ = tiny(seed)
    for alpha, k in [(0.6, 4), (0.3, 5), (0.9, 3), (0.1, 8)]:
        prompt = [1] + [rng.randrange(10, V) for _ in range(7)]
        ids = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, 8, dtype=torch.long), top_k=k,
                             penalty_alpha=alpha, max_new_tokens=20, pad_token_id=0, eos_token_id=V + 1)
        found.append({"prompt": prompt, "alpha": alpha, "top_k": k, "tokens": ids[0, len(prompt):].tolist()})
    dump(path, {"contrastive": found, "contrastive by": f"transformers {tr.__version__}, torch {torch.__version__}"})


def dump(path, part):
    pathlib.Path(path).write_text(json.dumps(part))


def merge(path, *parts):
    whole = {"tools": []}
    for part in map(json.loads, (pathlib.Path(part).read_text() for part in parts)):
        whole["tools"] += [part.pop(key) for key in ("llama", "transformers", "contrastive by") if key in part]
        whole["cases"] = whole.get("cases", []) + part.pop("cases", [])
        whole |= part
    lines = [f"{json.dumps(key)}: " + ("[\n" + ",\n".join(map(json.dumps, value)) + "\n]"
             if isinstance(value, list) else json.dumps(value)) for key, value in whole.items()]
    pathlib.Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    command, *given = sys.argv[1:]
    if command == "merge":
        merge(*given)
    else:
        {"llama": llama, "transformers": transformers, "contrastive": contrastive}[command](int(given[0]), given[1])
