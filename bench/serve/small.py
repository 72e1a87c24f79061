"""A small model of random weights with a tokenizer of its own, for what asks how a server behaves, not what it says."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target/bench/small"
VOCAB = 1024
CONFIG = {
    "model_type": "llama", "vocab_size": VOCAB, "hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 8,
    "num_key_value_heads": 4, "intermediate_size": 704, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0, "tie_word_embeddings": False,
}


def model(lyceum):
    """A folder as Hugging Face has them: 5 million parameters, 2,048 positions."""
    folder = HOME / "model"
    if not (folder / "tokenizer.json").exists():
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "config.json").write_text(json.dumps(CONFIG))
        corpus = HOME / "corpus.txt"
        corpus.write_text("".join((ROOT / name).read_text() for name in ("README.md", "ARCHITECTURE.md", "STYLE.md")))
        run = lambda *words: subprocess.run(
            [str(lyceum), *map(str, words), "--quiet", "--home", str(HOME / "store")], check=True, stdout=subprocess.DEVNULL
        )
        run("model", "new", folder, "--config", HOME / "config.json", "--dtype", "bf16")
        run("tokenizer", "train", "--corpus", corpus, "--vocab", VOCAB, "--out", folder / "tokenizer.json", "--special", "<|endoftext|>")
    return folder
