"""A small model of random weights with a tokenizer of its own, for what asks how a server behaves, not what it says."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target/bench/small"
CONFIG = {
    "model_type": "llama", "vocab_size": 1024, "hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 8,
    "num_key_value_heads": 4, "intermediate_size": 704, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0, "tie_word_embeddings": False,
}


def folder(lyceum, home, config, dtype, specials):
    """Such a folder as Hugging Face has them, made once, with a tokenizer that is trained on our own words."""
    made = home / "model"
    if not (made / "tokenizer.json").exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "config.json").write_text(json.dumps(config))
        corpus = home / "corpus.txt"
        corpus.write_text("".join((ROOT / name).read_text() for name in ("README.md", "ARCHITECTURE.md", "STYLE.md")))

        def run(*words):
            command = [lyceum, *words, "--quiet", "--home", home / "store"]
            subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)

        run("model", "new", made, "--config", home / "config.json", "--dtype", dtype)
        words = [word for special in specials for word in ("--special", special)]
        run("tokenizer", "train", "--corpus", corpus, "--vocab", config["vocab_size"], "--out", made / "tokenizer.json", *words)
    return made


def model(lyceum):
    """5 million parameters, 2,048 positions."""
    return folder(lyceum, HOME, CONFIG, "bf16", ["<|endoftext|>"])
