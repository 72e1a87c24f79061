#!/usr/bin/env python3
"""llama.cpp's side of bench/parity/imatrix and bench/infer/imatrix, through the C interfaces of llama.cpp and ggml.

usage: importance_peer.py sums MODEL IDS WINDOW OUT
         llama.cpp's own definition of an importance matrix: sums of squares of what meets each matrix of a
         block, window by window of the ids in the JSON file, each begun by the token that begins texts where
         the vocabulary says so; OUT is a numpy archive of NAME.in_sum2 and NAME.counts
       importance_peer.py round MODEL OUT FTYPE [IMATRIX]
         llama.cpp's own conversion to a file type, with an importance matrix that ggml reads
       importance_peer.py read FILE OUT
         the tensors of a GGUF file as ggml finds them: a numpy archive of bytes, named NAME|TYPE
"""

import ctypes
import json
import mmap
import pathlib
import sys

import llama_cpp
import numpy

from llama_peer import Batch, clear, context_of, loaded

GGML = ctypes.CDLL(str(pathlib.Path(llama_cpp.__file__).parent / "lib/libggml-base.so"))


class Tensor(ctypes.Structure):
    """struct ggml_tensor."""

    _fields_ = [
        ("type", ctypes.c_int), ("buffer", ctypes.c_void_p), ("ne", ctypes.c_int64 * 4), ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int), ("op_params", ctypes.c_int32 * 16), ("flags", ctypes.c_int32), ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p), ("view_offs", ctypes.c_size_t), ("data", ctypes.c_void_p), ("name", ctypes.c_char * 64),
    ]


class Collector:
    """What llama.cpp's tool for importance matrices collects, in f64."""

    def __init__(self):
        self.sums, self.counts = {}, {}
        GGML.ggml_op_name.restype = ctypes.c_char_p
        self.callback = llama_cpp.ggml_backend_sched_eval_callback(self.see)

    def see(self, place, ask, _):
        tensor = Tensor.from_address(ctypes.cast(place, ctypes.c_void_p).value)
        operation = GGML.ggml_op_name(tensor.op).decode()
        if operation not in ("MUL_MAT", "MUL_MAT_ID"):
            return False
        weight, inputs = (Tensor.from_address(tensor.src[i]) for i in (0, 1))
        name = weight.name.decode()
        if not name.startswith("blk."):
            return False
        if ask:
            return True
        k, rows, batch = inputs.ne[0], inputs.ne[1], inputs.ne[2]
        values = numpy.empty((batch, rows, k), dtype=numpy.float32)
        for b in range(batch):
            for row in range(rows):
                at = inputs.data + b * inputs.nb[2] + row * inputs.nb[1]
                values[b, row] = numpy.ctypeslib.as_array((ctypes.c_float * k).from_address(at))
        squares = values.astype(numpy.float64) ** 2
        if operation == "MUL_MAT":
            self.add(name, 1, 0, squares.reshape(-1, k))
            return True
        chosen = Tensor.from_address(tensor.src[2])
        for token in range(chosen.ne[1]):
            for i in range(chosen.ne[0]):
                at = chosen.data + token * chosen.nb[1] + i * chosen.nb[0]
                expert = ctypes.c_int32.from_address(at).value
                self.add(name, weight.ne[2], expert, squares[token, i % rows][None])
        return True

    def add(self, name, n, index, squares):
        sums = self.sums.setdefault(name, numpy.zeros((n, squares.shape[1])))
        counts = self.counts.setdefault(name, numpy.zeros(n))
        sums[index] += squares.sum(0)
        counts[index] += len(squares)


def sums(model, ids, window, out):
    ids, window = json.load(open(ids)), int(window)
    handle = loaded(model)
    collector = Collector()
    context = context_of(handle, 2, window, watched=collector.callback)
    vocabulary = llama_cpp.llama_model_get_vocab(handle)
    begins = [llama_cpp.llama_vocab_bos(vocabulary)] if llama_cpp.llama_vocab_get_add_bos(vocabulary) else []
    batch = Batch(512)
    for start in range(0, len(ids) - window + 1, window):
        clear(context)
        piece = ids[start : start + window]
        piece = [*begins, *piece[len(begins) :]]
        rows = [(token, i, 0, 1) for i, token in enumerate(piece)]
        for first in range(0, window, 512):
            batch.fill(rows[first : first + 512]).decode(context)
    named = {f"{name}.in_sum2": values for name, values in collector.sums.items()}
    numpy.savez(out, **named, **{f"{name}.counts": values for name, values in collector.counts.items()})


def tensors(path):
    """Name, type, shape (the fastest dimension first) and bytes of each tensor, by ggml's own reader."""

    class Params(ctypes.Structure):
        _fields_ = [("no_alloc", ctypes.c_bool), ("ctx", ctypes.POINTER(ctypes.c_void_p))]

    for name, kind in [("init_from_file", ctypes.c_void_p), ("get_n_tensors", ctypes.c_int64), ("get_tensor_name", ctypes.c_char_p),
                       ("get_tensor_size", ctypes.c_size_t), ("get_tensor_offset", ctypes.c_size_t), ("get_data_offset", ctypes.c_size_t)]:
        getattr(GGML, f"gguf_{name}").restype = kind
    GGML.gguf_init_from_file.argtypes = [ctypes.c_char_p, Params]
    GGML.ggml_type_name.restype = ctypes.c_char_p
    GGML.ggml_get_tensor.restype = ctypes.c_void_p
    inner = ctypes.c_void_p()
    handle = GGML.gguf_init_from_file(str(path).encode(), Params(True, ctypes.pointer(inner)))
    handle = ctypes.c_void_p(handle) if handle else sys.exit(f"ggml cannot read {path}")
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = GGML.gguf_get_data_offset(handle)
    for i in range(GGML.gguf_get_n_tensors(handle)):
        place = ctypes.c_int64(i)
        name = GGML.gguf_get_tensor_name(handle, place)
        kind = GGML.ggml_type_name(GGML.gguf_get_tensor_type(handle, place)).decode()
        at = start + GGML.gguf_get_tensor_offset(handle, place)
        shape = list(Tensor.from_address(GGML.ggml_get_tensor(inner, name)).ne)
        yield name.decode(), kind, shape, data[at : at + GGML.gguf_get_tensor_size(handle, place)]


def importance(path):
    """Means by name, as llama.cpp's own conversion makes them of such a file."""
    found = {name: (shape, numpy.frombuffer(values, dtype=numpy.float32)) for name, _, shape, values in tensors(path)}
    for name, (shape, values) in found.items():
        if name.endswith(".in_sum2"):
            counts = found[name.removesuffix("in_sum2") + "counts"][1][:, None]
            values = values.reshape(shape[1], shape[0])
            means = numpy.where(counts > 0, values / numpy.maximum(counts, 1), 1)
            yield name.removesuffix(".in_sum2"), numpy.ascontiguousarray(means, dtype=numpy.float32).ravel()


def round_as(model, out, ftype, matrix=None):
    llama_cpp.llama_backend_init()
    from llama_peer import SILENT

    llama_cpp.llama_log_set(SILENT, None)
    params = llama_cpp.llama_model_quantize_default_params()
    params.nthread, params.ftype = 2, int(ftype)
    kept = list(importance(matrix)) if matrix else []
    array = (llama_cpp.llama_model_imatrix_data * (len(kept) + 1))()
    for own, (name, means) in zip(array, kept):
        own.name, own.data, own.size = name.encode(), means.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), means.size
    if kept:
        params.imatrix = array
    if llama_cpp.llama_model_quantize(model.encode(), out.encode(), params):
        sys.exit(f"llama.cpp cannot convert {model}")


def read(path, out):
    numpy.savez(out, **{f"{name}|{kind}": numpy.frombuffer(values, dtype=numpy.uint8) for name, kind, _, values in tensors(path)})


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    {"sums": sums, "round": round_as, "read": read}[what](*rest)
