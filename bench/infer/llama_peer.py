#!/usr/bin/env python3
"""llama.cpp's side of bench/infer/compare and bench/parity/llama, through the C interface that
llama-cpp-python binds.

usage: llama_peer.py speed MODEL THREADS TASKS
         TASKS is a JSON list of [PROMPT, TOKENS, DEPTH, SEQUENCES, CACHE, FLASH]: a prompt of PROMPT tokens at
         once, or (PROMPT 0) TOKENS to each of SEQUENCES behind DEPTH; tokens a second of each
       llama_peer.py logits MODEL THREADS IDS WINDOW OUT
         f32 logits of every position, window by window, of the ids in the JSON file
       llama_peer.py quantize TYPE COLUMNS IN OUT [IMPORTANCE]
         f32 rows in one of ggml's types; IMPORTANCE says how much each column counts
"""

import ctypes
import json
import sys
import time

import llama_cpp
import numpy


def loaded(model):
    llama_cpp.llama_log_set(SILENT, None)
    llama_cpp.llama_backend_init()
    handle = llama_cpp.llama_model_load_from_file(model.encode(), llama_cpp.llama_model_default_params())
    return handle or sys.exit(f"llama.cpp cannot read {model}")


def context_of(handle, threads, context, sequences=1, cache="f16", flash=True, watched=None):
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_seq_max = context, sequences
    params.n_batch = params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = threads
    kinds = {"f16": llama_cpp.GGML_TYPE_F16, "q8_0": llama_cpp.GGML_TYPE_Q8_0}
    params.type_k = params.type_v = kinds[cache]
    if watched:
        params.cb_eval = watched
    if hasattr(params, "flash_attn_type"):
        params.flash_attn_type = int(flash)
    else:
        params.flash_attn = flash
    made = llama_cpp.llama_init_from_model(handle, params)
    return made or sys.exit("llama.cpp makes no context of this kind")


SILENT = llama_cpp.llama_log_callback(lambda level, text, data: None)


class Batch:
    """Tokens, their positions and sequences, and whose logits are wanted."""

    def __init__(self, size):
        self.raw = llama_cpp.llama_batch_init(size, 0, 1)

    def fill(self, rows):
        self.raw.n_tokens = len(rows)
        for i, (token, position, sequence, wanted) in enumerate(rows):
            self.raw.token[i], self.raw.pos[i] = token, position
            self.raw.n_seq_id[i], self.raw.seq_id[i][0] = 1, sequence
            self.raw.logits[i] = wanted
        return self

    def decode(self, context):
        if llama_cpp.llama_decode(context, self.raw):
            sys.exit("llama.cpp cannot decode")


def clear(context):
    if hasattr(llama_cpp, "llama_memory_clear"):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    else:
        llama_cpp.llama_kv_self_clear(context)


def speed(handle, threads, prompt, tokens, depth, sequences, cache, flash):
    room = max(prompt, sequences * (depth + tokens + 2))
    context = context_of(handle, threads, room + 64, sequences, cache, bool(flash))
    try:
        return measured(handle, context, prompt, tokens, depth, sequences)
    finally:
        llama_cpp.llama_free(context)


def measured(handle, context, prompt, tokens, depth, sequences):
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(handle))
    id_of = lambda i: (i * 7919 + 13) % vocabulary
    batch = Batch(512)
    last = lambda rows: [(*row[:3], i + 1 == len(rows)) for i, row in enumerate(rows)]
    if prompt:
        def run():
            clear(context)
            for start in range(0, prompt, 512):
                rows = [(id_of(i), i, 0, 0) for i in range(start, min(prompt, start + 512))]
                batch.fill(last(rows)).decode(context)
            llama_cpp.llama_synchronize(context)
        run()
        start = time.perf_counter()
        run()
        return prompt / (time.perf_counter() - start)
    for sequence in range(sequences):
        for start in range(0, depth, 512):
            rows = [(id_of(i), i, sequence, 0) for i in range(start, min(depth, start + 512))]
            batch.fill(last(rows)).decode(context)
    step = lambda at: batch.fill([(id_of(at * sequences + s), depth + at, s, 1) for s in range(sequences)]).decode(context)
    step(0)
    llama_cpp.llama_synchronize(context)
    start = time.perf_counter()
    for at in range(1, tokens + 1):
        step(at)
        llama_cpp.llama_get_logits_ith(context, 0)
    return sequences * tokens / (time.perf_counter() - start)


def logits(model, threads, ids, window, out):
    ids, window = json.load(open(ids)), int(window)
    handle = loaded(model)
    context = context_of(handle, int(threads), max(window, 64))
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(handle))
    batch, found = Batch(512), numpy.zeros((len(ids), vocabulary), dtype=numpy.float32)
    for start in range(0, len(ids), window):
        clear(context)
        rows = [(token, i, 0, 1) for i, token in enumerate(ids[start : start + window])]
        for first in range(0, len(rows), 512):
            part = rows[first : first + 512]
            batch.fill(part).decode(context)
            for i in range(len(part)):
                row = llama_cpp.llama_get_logits_ith(context, i)
                found[start + first + i] = numpy.ctypeslib.as_array(row, shape=(vocabulary,))
    found.tofile(out)


def quantize(kind, columns, given, out, importance=None):
    import pathlib

    folder = pathlib.Path(llama_cpp.__file__).parent / "lib"
    ggml = ctypes.CDLL(str(folder / "libggml-base.so"))
    values = numpy.fromfile(given, dtype=numpy.float32)
    number = int(getattr(llama_cpp, f"GGML_TYPE_{kind}"))
    ggml.ggml_row_size.restype = ctypes.c_size_t
    ggml.ggml_row_size.argtypes = [ctypes.c_int, ctypes.c_int64]
    rows = values.size // int(columns)
    made = numpy.zeros(rows * ggml.ggml_row_size(number, int(columns)), dtype=numpy.uint8)
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    counts = numpy.fromfile(importance, dtype=numpy.float32) if importance else None
    place = counts.ctypes.data if importance else None
    ggml.ggml_quantize_chunk(number, values.ctypes.data, made.ctypes.data, 0, rows, int(columns), place)
    made.tofile(out)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "speed":
        model, threads, tasks = rest
        handle = loaded(model)
        rates = [speed(handle, int(threads), *task) for task in json.loads(tasks)]
        print(json.dumps({"tokens_per_second": rates, "version": llama_cpp.__version__}))
    else:
        {"logits": logits, "quantize": quantize}[what](*rest)
