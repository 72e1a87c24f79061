"""The public vocabularies as tokenizer.json files, which all but tiktoken read.

Written here, not by our own tool, so that a mistake of ours cannot pass unseen on both sides.
"""

import base64
import json
import struct

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Vocabulary: its file, relative to the public data, and for ranks the pattern.
RANKS = {
    "gpt2": ("tiktoken-ranks/r50k_base.tiktoken", GPT2),
    "cl100k": ("tiktoken-ranks/cl100k_base.tiktoken", CL100K),
    "o200k": ("tiktoken-ranks/o200k_base.tiktoken", O200K),
}
T5 = "t5-cc-sentencepiece/sentencepiece_cc_all.32000.100extra-sentencepiece.model"
BERT = "bert-vocab/vocab.txt"
NAMES = [*RANKS, "t5", "bert"]


def read_ranks(path):
    lines = path.read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}


def visible_characters():
    """How GPT-2 writes each byte: printable ones as they are, the others from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(hidden)) for byte in range(256)]


def last_merge(token, ranks):
    """The two tokens that are merged last on the way to `token`."""
    rank, parts = ranks[token], [bytes([byte]) for byte in token]
    while len(parts) > 2:
        joined = [ranks.get(a + b, rank) for a, b in zip(parts, parts[1:])]
        best = min(joined)
        if best == rank:
            return None  # It cannot be made by merging.
        at = joined.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def from_ranks(path, pattern):
    ranks, visible = read_ranks(path), visible_characters()
    show = lambda token: "".join(visible[byte] for byte in token)
    by_rank = sorted(ranks, key=ranks.get)
    merges = [last_merge(token, ranks) for token in by_rank if len(token) > 1]
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    use_regex = pattern == GPT2
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}
    return tokenizer_json(
        model={
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            # As tiktoken does it; GPT-2's own file has it not, and no token of it needs it.
            "ignore_merges": not use_regex,
            "vocab": {show(token): ranks[token] for token in by_rank},
            "merges": [[show(a), show(b)] for a, b in filter(None, merges)],
        },
        pre_tokenizer=level if use_regex else {"type": "Sequence", "pretokenizers": [split, level]},
        decoder=level,
    )


def from_sentencepiece(path):
    pieces, charsmap = [], b""
    for field, value in messages(path.read_bytes()):
        if field == 1:
            piece = dict(messages(value))
            pieces.append([piece[1].decode(), struct.unpack("<f", piece.get(2, bytes(4)))[0], piece.get(3, 1)])
        elif field == 3:
            charsmap = dict(messages(value)).get(2, b"")
    controls = [(at, name) for at, (name, _, kind) in enumerate(pieces) if kind == 3]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return tokenizer_json(
        model={
            "type": "Unigram", "unk_id": next(at for at, piece in enumerate(pieces) if piece[2] == 2),
            "vocab": [[name, score] for name, score, _ in pieces], "byte_fallback": False,
        },
        normalizer={"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()},
        pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        decoder=metaspace,
        added=[added(at, name) for at, name in controls],
    )


def messages(data):
    """The fields of a protocol buffer, outermost only."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or varint()
            yield key >> 3, data[at : at + size]
            at += size


def from_wordpiece(path):
    names = path.read_text(encoding="utf-8").splitlines()
    special = [name for name in names if name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    return tokenizer_json(
        model={
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {name: at for at, name in enumerate(names)},
        },
        normalizer={
            "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
            "strip_accents": None, "lowercase": True,
        },
        pre_tokenizer={"type": "BertPreTokenizer"},
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
        added=[added(names.index(name), name) for name in special],
    )


def added(token_id, content):
    return {
        "id": token_id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
        "normalized": False, "special": True,
    }


def tokenizer_json(model, pre_tokenizer, decoder, normalizer=None, added=()):
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added),
        "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": None,
        "decoder": decoder, "model": model,
    }


def write(name, data, path):
    """Writes the vocabulary of this name, from the public data, unless it was."""
    if path.exists():
        return
    if name in RANKS:
        file, pattern = RANKS[name]
        made = from_ranks(data / file, pattern)
    else:
        made = from_sentencepiece(data / T5) if name == "t5" else from_wordpiece(data / BERT)
    path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
