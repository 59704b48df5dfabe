"""From a file to blocks of rows. What it is, its first bytes tell: never its name, and never what somebody says of it."""

import contextlib
import gzip
import zlib

from ..problems import Problem
from .broken import Broken

HEAD = 64 * 1024
# By first bytes: the format, or what it is that is not read.
MAGIC = (
    (b"PAR1\x15", "parquet"),
    (b"\x93NUMPY", "npy"),
    *((bytes([0x80, protocol]), "joblib") for protocol in range(2, 6)),
    *((b"BZh%d1AY&SY" % level, "joblib") for level in range(1, 10)),
    (b"\xfd7zXZ\x00", "joblib"),
    (b"\x04\x22\x4d\x18", "joblib"),
    (b"PK\x03\x04", "a zip (.npz, .xlsx)"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"Obj\x01", "Avro"),
    (b"ARROW1\x00", "Arrow"),
    (b"\x89HDF", "HDF5"),
)
READ = "CSV, JSON lines, JSON, npy, Parquet and joblib are read, also by gzip"


def blocks(path, header, schema, formats, memory):
    """Yields (rows, their lines or None). Raises Problem 413, 415 and 422.

    `header` is whether a CSV has one, None to see; `formats` what else may be read; `memory` is in bytes.
    """
    with open(path, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            with gzip.open(raw) if packed else contextlib.nullcontext(raw) as file:
                kind = _kind(file)
                yield from _READERS[kind](file, header=header, schema=schema, formats=formats, memory=memory)
        except Broken as error:
            raise error.problem() from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise Problem(422, "invalid-data", "The object is not whole: it ends early, or its gzip is broken.") from None


def _kind(file):
    head = file.read(HEAD)
    file.seek(0)
    for magic, kind in MAGIC:
        if head.startswith(magic):
            if kind not in _READERS:
                raise Problem(415, "unsupported-data", f"The object is {kind}; {READ}.")
            return kind
    if _is_zlib(head):
        return "joblib"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Problem(415, "unsupported-data", "The object is UTF-16; write it as UTF-8.")
    if b"\x00" in head:
        raise Problem(415, "unsupported-data", f"The object is of no known format; {READ}.")
    return "json" if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") else "csv"


def _is_zlib(head):
    """As joblib compresses by default; `x^2` may as well be a column."""
    if head[:1] != b"\x78":
        return False
    try:
        return zlib.decompressobj().decompress(head, 1) == b"\x80"
    except zlib.error:
        return False


def _csv(file, header, schema, **_):
    from .csv_rows import csv_rows

    return csv_rows(file, header, schema)


def _json(file, memory, **_):
    from .json_rows import json_rows

    return json_rows(file, memory)


def _npy(file, memory, **_):
    from .npy import npy_rows

    return npy_rows(file, memory)


def _parquet(file, memory, **_):
    from .parquet import parquet_rows

    return parquet_rows(file, memory)


def _joblib(file, formats, memory, **_):
    from .pickled import pickled_rows

    return pickled_rows(file, formats, memory)


_READERS = {"csv": _csv, "json": _json, "npy": _npy, "parquet": _parquet, "joblib": _joblib}
