"""The peers that people install from PyPI, under the same stopwatch as ours.

    wheels_peer.py encode tokenizers|tiktoken VOCABULARY DOCUMENTS REPEATS IDS
    wheels_peer.py train tokenizers - TEXT VOCAB_SIZE

VOCABULARY is a tokenizer.json, for tiktoken a rank file and its pattern's name. Documents stand
apart by zero bytes; one is encoded alone, several as a batch.
"""

import array
import json
import os
import pathlib
import resource
import sys
import time

import vocabularies


def encoder(library, vocabulary):
    threads = len(os.sched_getaffinity(0))
    if library == "tiktoken":
        import tiktoken

        file, pattern = vocabulary.rsplit(":", 1)
        ranks = vocabularies.read_ranks(pathlib.Path(file))
        made = tiktoken.Encoding("x", pat_str=pattern_of(pattern), mergeable_ranks=ranks, special_tokens={})
        one = made.encode_ordinary
        return one, lambda texts: made.encode_ordinary_batch(texts, num_threads=threads)
    import tokenizers

    made = tokenizers.Tokenizer.from_file(vocabulary)
    made.encode_special_tokens = True
    one = lambda text: made.encode(text, add_special_tokens=False).ids
    return one, lambda texts: [e.ids for e in made.encode_batch_fast(texts, add_special_tokens=False)]


def pattern_of(name):
    return vocabularies.RANKS[name][1]


def encode(library, vocabulary, documents, repeats, ids_file):
    one, batch = encoder(library, vocabulary)
    documents = pathlib.Path(documents).read_bytes().decode("utf-8").split("\0")
    batch(["0123456789 " * 1000] * 4)
    seconds, ids = [], None
    for _ in range(1 + int(repeats)):
        begin = time.perf_counter()
        found = [one(documents[0])] if len(documents) == 1 else batch(documents)
        seconds.append(time.perf_counter() - begin)
        ids = ids or [token for text in found for token in text]
    pathlib.Path(ids_file).write_bytes(array.array("I", ids).tobytes())
    print(json.dumps({"first": seconds[0], "least": min(seconds[1:], default=0), "ids": len(ids)}))


def train(_library, _vocabulary, text, vocab_size):
    import tokenizers

    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(vocabularies.CL100K), "isolated")
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([split, level])
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=int(vocab_size), show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    begin = time.perf_counter()
    made.train([text], trainer)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "vocab": made.get_vocab_size(), "peak_bytes": peak}))


{"encode": encode, "train": train}[sys.argv[1]](*sys.argv[2:])
