"""The small models of random weights that clients talk to: folders as Hugging Face has them, made once by lyceum."""

import json
import pathlib
import shutil
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "target/bench/clients"
sys.path[:0] = [str(ROOT / "bench/infer"), str(ROOT / "bench/serve")]
import small  # noqa: E402
from files import LYCEUM  # noqa: E402

CONFIG = {
    "model_type": "qwen2", "vocab_size": 1024, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 160, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0, "tie_word_embeddings": False,
}
TEMPLATE = (
    "{%- if tools %}{{- '<|im_start|>system\\n# Tools\\n<tools>' }}{%- for tool in tools %}{{- '\\n' + (tool | tojson) }}{%- endfor %}"
    "{{- '\\n</tools>\\n<tool_call>\\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\\n</tool_call><|im_end|>\\n' }}{%- endif %}"
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' }}{%- if message.content %}{{- message.content }}{%- endif %}"
    "{%- for call in message.tool_calls or [] %}{{- '<tool_call>\\n{\"name\": \"' + call.function.name + '\", \"arguments\": ' }}"
    "{{- call.function.arguments | tojson }}{{- '}\\n</tool_call>' }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)


def model():
    """With a ChatML template in Hermes' form."""
    folder = small.folder(LYCEUM, HOME, CONFIG, "f32", ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def sure(folder):
    """The same model with logits twenty times as large, so that it has likeliest tokens to speak of."""
    other = folder.with_name("sure")
    if not (other / "model.safetensors").exists():
        shutil.copytree(folder, other, dirs_exist_ok=True)
        data = bytearray((folder / "model.safetensors").read_bytes())
        (length,) = struct.unpack("<Q", data[:8])
        start, end = json.loads(data[8:8 + length])["lm_head.weight"]["data_offsets"]
        numbers = memoryview(data)[8 + length + start:8 + length + end].cast("f")
        for i, number in enumerate(numbers):
            numbers[i] = 20 * number
        (other / "model.safetensors").write_bytes(data)
    return other
