"""Reads and writes safetensors files with NumPy alone: independent of ours and of the format's own library."""
import json
import struct

import numpy as np

TYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}


def write(path, tensors, brief=()):
    """tensors: name -> array; those named in brief are written as BF16 and must be exact in it."""
    header, parts, at = {}, [], 0
    for name, array in tensors.items():
        array = np.asarray(array)
        if name in brief:
            bits = array.astype("<f4").view("<u4")
            assert not (bits & 0xFFFF).any(), name
            kind, data = "BF16", (bits >> 16).astype("<u2").tobytes()
        else:
            kind = next(k for k, t in TYPES.items() if np.dtype(t) == array.dtype)
            data = array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        if entry["dtype"] == "BF16":
            array = (np.frombuffer(content[begin:end], "<u2").astype("<u4") << 16).view("<f4")
        else:
            array = np.frombuffer(content[begin:end], TYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return tensors
