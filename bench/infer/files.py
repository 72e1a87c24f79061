"""The models that servers and runtimes are measured on, made once by lyceum, and llama.cpp's Python binding."""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "bench/infer"
HOME = ROOT / "target/bench/infer"
PYTHON = ROOT / "target/bench/llama/bin/python"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LYCEUM = TARGET / "release/lyceum"
SHAPES = {
    "tinyllama": {
        "model_type": "llama", "vocab_size": 32000, "hidden_size": 2048, "num_hidden_layers": 22,
        "num_attention_heads": 32, "num_key_value_heads": 4, "intermediate_size": 5632,
        "max_position_embeddings": 16384, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False,
    },
    "qwen": {
        "model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896, "num_hidden_layers": 24,
        "num_attention_heads": 14, "num_key_value_heads": 2, "intermediate_size": 4864,
        "max_position_embeddings": 16384, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "tie_word_embeddings": True,
    },
}


def build():
    HOME.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)


def prepare():
    build()
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parents[1]], check=True)
        install = ["-m", "pip", "install", "--quiet", "--no-binary", "llama-cpp-python", "llama-cpp-python", "numpy"]
        subprocess.run([PYTHON, *install], check=True)


def file_of(shape, kind):
    path = HOME / f"{shape}.{kind}.gguf"
    if not path.exists():
        folder = HOME / shape
        if not folder.exists():
            config = HOME / f"{shape}.json"
            config.write_text(json.dumps(SHAPES[shape]))
            subprocess.run([LYCEUM, "model", "new", folder, "--config", config, "--dtype", "bf16", "--quiet"], check=True)
        part = path.with_suffix(".part.gguf")
        words = ["--dtype", kind.lower(), "--quiet", "--tokenizer", tokenizer(shape)]
        subprocess.run([LYCEUM, "model", "convert", folder, part, *words], check=True, stdout=subprocess.DEVNULL)
        part.rename(path)
    return path


def tokenizer(shape):
    """A vocabulary of single bytes and names, as llama.cpp reads no file without one."""
    path = HOME / f"{shape}.tokenizer.json"
    if not path.exists():
        subprocess.run([PYTHON, HERE / "vocabulary.py", str(SHAPES[shape]["vocab_size"]), path], check=True)
    return path
