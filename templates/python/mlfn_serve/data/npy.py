"""NumPy's own format, without NumPy: numpy.org/doc/stable/reference/generated/numpy.lib.format.html"""

import ast
import re
import struct

from .broken import Broken, rows_of_block, too_large

DTYPE = re.compile(r"([<>|=]?)([fiubUS])(\d+)")
CODES = {"f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "b1": "?"}
CODES.update({f"u{size}": CODES[f"i{size}"].upper() for size in (1, 2, 4, 8)})
MAX_HEADER = 64 * 1024
# A number is a Python object of 24 bytes and a pointer to it.
SHARE = 8


def npy_rows(file, memory):
    """Yields (rows, None): one list of values for each entry of the first axis; of one axis, one value each."""
    order, kind, size, shape, fortran = _header(file)
    count = shape[0]
    width = 1
    for each in shape[1:]:
        width *= each
    total = count * width * size
    if fortran and len(shape) == 2 and count > 1 and width > 1:
        if total > memory // SHARE:
            raise too_large("An array in Fortran order", total, memory // SHARE)
        values = _values(_read(file, total), order, kind, size)
        yield from _blocks((values[row::count] for row in range(count)), width)
        return
    if fortran and len(shape) > 2:
        raise Broken("an array of more than two axes in Fortran order; save it in C order")
    most = rows_of_block(width)
    for first in range(0, count, most):
        rows = min(most, count - first)
        values = _values(_read(file, rows * width * size), order, kind, size)
        yield [_whole(values[row * width : (row + 1) * width]) for row in range(rows)], None


def _blocks(rows, width):
    block, most = [], rows_of_block(width)
    for row in rows:
        block.append(_whole(row))
        if len(block) == most:
            yield block, None
            block = []
    yield block, None


def _whole(row):
    """Missing values are null, as in JSON."""
    return [None if value != value else value for value in row]


def _header(file):
    """(byte order, kind, bytes of an element, shape, whether in Fortran order)"""
    start = file.read(8)
    major = start[6] if len(start) == 8 else 0
    length = file.read(2 if major == 1 else 4)
    if major not in (1, 2, 3) or len(length) not in (2, 4):
        raise Broken("an npy file of an unknown version, or without a header")
    size = int.from_bytes(length, "little")
    text = file.read(size) if size <= MAX_HEADER else b""
    try:
        told = ast.literal_eval(text.decode("utf-8" if major == 3 else "latin-1").strip())
        descr, fortran, shape = told["descr"], told["fortran_order"], told["shape"]
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        raise Broken("the header of the npy file cannot be read") from None
    found = DTYPE.fullmatch(descr) if isinstance(descr, str) else None
    if descr == "|O":
        raise Broken("the npy file holds Python objects (a pickle); save numbers or texts")
    if found is None or (found[2] not in "US" and found[2] + found[3] not in CODES):
        raise Broken(f"elements of type {str(descr)[:80]}; numbers, booleans and texts are read")
    if not isinstance(shape, tuple) or not all(type(each) is int and 0 <= each < 2**48 for each in shape):
        raise Broken("the header of the npy file has no shape")
    if not shape:
        raise Broken("the npy file holds one value, and no rows")
    width = int(found[3]) * (4 if found[2] == "U" else 1)
    if width == 0 or 0 in shape[1:]:
        raise Broken("the rows of the npy file are empty")
    return found[1], found[2], width, shape, bool(fortran)


def _read(file, size):
    raw = file.read(size)
    if len(raw) != size:
        raise Broken("the npy file ends early")
    return raw


def _values(raw, order, kind, size):
    big = ">" if order == ">" else "<"
    if kind in "US":
        codec = "ascii" if kind == "S" else "utf-32-be" if big == ">" else "utf-32-le"
        try:
            texts = [raw[start : start + size].decode(codec) for start in range(0, len(raw), size)]
        except UnicodeDecodeError:
            raise Broken("a text of the npy file is not of its encoding") from None
        return [text.rstrip("\0") for text in texts]
    return struct.unpack(f"{big}{len(raw) // size}{CODES[kind + str(size)]}", raw)
