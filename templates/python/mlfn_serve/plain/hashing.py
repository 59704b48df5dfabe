"""HashingVectorizer and FeatureHasher: the column of a term is its hash."""

from .scaling import NORMS, normalised
from .words import analyzer

KEPT = 2**16
MASK = 0xFFFFFFFF


class Columns(dict):
    """`columns[term]` is (its column, its sign). A bounded number of them is kept."""

    def __init__(self, count, signed):
        super().__init__()
        self.count = count
        self.signed = signed

    def __missing__(self, term):
        hashed = murmur3(term.encode())
        # The absolute value of the least one is no 32-bit integer.
        column = (abs(hashed) if hashed != -(2**31) else 2**31 - self.count) % self.count
        if len(self) >= KEPT:
            self.clear()
        found = self[term] = (column, -1.0 if self.signed and hashed < 0 else 1.0)
        return found


class Hashed:
    """{"width", "signed", "analyzer": as in words.py, "binary", "norm": "l1" | "l2" | "max" or null}"""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.columns = Columns(self.width, node["signed"])
        self.analyze = analyzer(node["analyzer"])
        self.binary = node["binary"]
        self.norm = NORMS.get(node["norm"])

    def transform(self, text):
        columns = self.columns
        found = {}
        for term in self.analyze(text):
            column, sign = columns[term]
            found[column] = found.get(column, 0.0) + sign
        if self.binary:
            found = dict.fromkeys(found, 1.0)
        return normalised(found, self.norm) if self.norm else found


class HashedMapping:
    """{"width", "signed"}: an object's numbers by its keys; a text counts as one, at `key=text`."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.columns = Columns(self.width, node["signed"])

    def transform(self, record):
        found = {}
        for name, value in record.items():
            if type(value) is str:
                name, value = f"{name}={value}", 1.0
            value = float(value)
            if value == 0:
                continue
            column, sign = self.columns[name]
            found[column] = found.get(column, 0.0) + sign * value
        return found


def murmur3(data):
    """MurmurHash3_x86_32 with the seed 0, as a signed integer (Austin Appleby, in the public domain)."""
    hashed = 0
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        hashed ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        hashed = (hashed << 13 | hashed >> 19) & MASK
        hashed = (hashed * 5 + 0xE6546B64) & MASK
    if whole != len(data):
        hashed ^= _mixed(int.from_bytes(data[whole:], "little"))
    hashed ^= len(data)
    hashed = (hashed ^ hashed >> 16) * 0x85EBCA6B & MASK
    hashed = (hashed ^ hashed >> 13) * 0xC2B2AE35 & MASK
    hashed ^= hashed >> 16
    return hashed - (hashed >> 31 << 32)


def _mixed(block):
    block = block * 0xCC9E2D51 & MASK
    return (block << 15 | block >> 17) * 0x1B873593 & MASK
