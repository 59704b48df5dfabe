"""Writes what mlfn_serve/plain/flat.py reads. The same model gives the same bytes."""

import json
from array import array

MAGIC = b"MLFNPLN1"
ALIGNMENT = 8
# Smallest first: what array.array calls them, on every machine of the same width.
RANGES = (
    ("b", -(2**7), 2**7),
    ("B", 0, 2**8),
    ("h", -(2**15), 2**15),
    ("H", 0, 2**16),
    ("i", -(2**31), 2**31),
    ("q", -(2**63), 2**63),
)


class Writer:
    """Collects arrays, and writes them behind the header."""

    def __init__(self):
        self.rows = []
        self.chunks = []
        self.size = 0

    def doubles(self, values):
        """float64, in C order. Returns the node's reference."""
        return self._add(array("d", _flat(values)))

    def singles(self, values):
        """float32: only what is a float32 in the original."""
        return self._add(array("f", _flat(values)))

    def integers(self, values):
        """In the narrowest type that holds them."""
        values = [int(value) for value in _flat(values)]
        low, high = (min(values), max(values)) if values else (0, 0)
        typecode = next(code for code, least, most in RANGES if least <= low and high < most)
        return self._add(array(typecode, values))

    def bytes(self, data):
        """As they are."""
        return self._add(array("B", data))

    def _add(self, values):
        import sys

        if sys.byteorder == "big":
            values.byteswap()
        self.rows.append([values.typecode, len(values), self.size])
        data = values.tobytes()
        data += bytes(-len(data) % ALIGNMENT)
        self.chunks.append(data)
        self.size += len(data)
        return {"array": len(self.rows) - 1}

    def write(self, path, model, node):
        header = json.dumps({"model": model, "node": node, "arrays": self.rows}, separators=(",", ":"), sort_keys=True).encode()
        with open(path, "wb") as file:
            file.write(MAGIC + len(header).to_bytes(8, "little") + header + bytes(-len(header) % ALIGNMENT))
            file.writelines(self.chunks)


def _flat(values):
    return values.ravel().tolist() if hasattr(values, "ravel") else list(values)
