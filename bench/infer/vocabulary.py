#!/usr/bin/env python3
"""A byte-level tokenizer.json of so many ids, of which all but the bytes are names: vocabulary.py SIZE PATH"""

import json
import sys

size, path = int(sys.argv[1]), sys.argv[2]
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
others = [b for b in range(256) if b not in printable]
letters = {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}
vocabulary = {letters[b]: b for b in range(256)} | {f"<{i}>": i for i in range(256, size)}
byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
json.dump(
    {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "added_tokens": [],
        "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "vocab": vocabulary, "merges": []},
    },
    open(path, "w"),
)
