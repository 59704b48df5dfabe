"""A compiled model as one file that is mapped, not read: what the exporter wrote, in the standard library alone.

    8 bytes   b"MLFNPLN1"
    8 bytes   length of the header, little-endian
    header    JSON, UTF-8: {"model": ..., "node": ..., "arrays": [[typecode, count, offset], ...]}
    arrays    each at its offset from the end of the header's padding, on a multiple of 8; little-endian

A node refers to an array as {"array": N}.
"""

import json
import mmap
import sys

MAGIC = b"MLFNPLN1"
ALIGNMENT = 8


class Flat:
    """`header`, and the arrays that its nodes refer to."""

    def __init__(self, path):
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if mapped[:8] != MAGIC:
            raise ValueError("not a compiled model")
        length = int.from_bytes(mapped[8:16], "little")
        self.header = json.loads(mapped[16 : 16 + length])
        start = 16 + length
        self._start = start + -start % ALIGNMENT
        self._view = memoryview(mapped)

    def view(self, reference):
        """The array as a memoryview of its own type: nothing is copied until an element is taken."""
        typecode, count, offset = self.header["arrays"][reference["array"]]
        begin = self._start + offset
        width = WIDTHS[typecode]
        found = self._view[begin : begin + count * width].cast(typecode)
        return swapped(found) if BIG else found

    def list(self, reference):
        """The array as a list: quicker to walk through whole."""
        return self.view(reference).tolist()


WIDTHS = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "q": 8, "f": 4, "d": 8}
BIG = sys.byteorder == "big"


def swapped(view):
    from array import array

    values = array(view.format, view)
    values.byteswap()
    return memoryview(values)
