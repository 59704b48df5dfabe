"""Inputs made with a fixed seed in each input's shape and type: likely values, edges, batches of one, two and many records."""

import zlib
from math import prod

SINGLES, PAIRS, MANIES = 40, 6, 3
# Records of a large batch, and no more numbers in it than this.
MANY, NUMBERS = 100, 1 << 20
# Sizes that a call decides (the length of a sequence), taken in turn.
FREE = (5, 9, 3)
# Where a missing value may be.
PLACES = 8
# Indices up to this are tried: an embedding knows so many words.
LARGEST_INDEX = 1 << 17
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 255.0, 1e-12, -1e-30, 1e-45, 1e4, -1e4, 1e6, -1e9)


def probes(original):
    """Two lists of {input's name: array}: what requests may hold, and those with missing values."""
    import numpy

    ports = original.ports
    seed = zlib.crc32("".join(port.name for port in ports).encode())
    chance = numpy.random.default_rng(seed)
    limits = {port.name: _limit(original, port) for port in ports if _is_whole(port)}
    draw = Draw(ports, limits, chance)
    many = max(3, min(MANY, NUMBERS // max(1, sum(prod(_sizes(port, 1, FREE[0])) for port in ports))))
    counts = [1] * SINGLES + [2] * PAIRS + [many] * MANIES if batched(ports) else [None] * (SINGLES + PAIRS)
    made = [draw.feeds(count, free=FREE[place % len(FREE)], scale=place) for place, count in enumerate(counts)]
    return [*made, *draw.edges()], draw.missing()


def batched(ports):
    """Whether the first axis of every input is that of records."""
    return all(port.shape and port.shape[0] is None for port in ports)


def drawn(ports, shapes, chance):
    """One {name: array} of given shapes, to find out whether a network takes them."""
    return {port.name: _numbers(port, shapes[port.name], 0, 2, chance) for port in ports}


class Draw:
    """`limits`: of each input of whole numbers, how many values it may take from 0 on."""

    def __init__(self, ports, limits, chance):
        self.ports, self.limits, self.chance = ports, limits, chance

    def feeds(self, count, free, scale):
        """`scale` chooses among small, large, positive and even numbers."""
        sizes = {port.name: _sizes(port, count, free) for port in self.ports}
        return {
            port.name: _numbers(port, sizes[port.name], scale, self.limits.get(port.name, 2), self.chance) for port in self.ports
        }

    def missing(self):
        """NaN, as JSON's null is served: in one number of each input, here and there, and in all of it."""
        return [feeds for _ in range(PLACES) for feeds in self._edges((float("nan"),), self._base())]

    def _base(self):
        return self.feeds(1 if batched(self.ports) else None, FREE[0], 0)

    def edges(self):
        """Zeros, ones and the largest indices; then each edge in one number of a record, and in all of another."""
        base = [self._base(), self._base()]
        yield {name: each * 0 if each.dtype.kind in "fiu" else each for name, each in base[0].items()}
        top = {name: limit - 1 for name, limit in self.limits.items()}
        yield {
            name: each * 0 + each.dtype.type(top.get(name, 1)) if each.dtype.kind in "fiu" else each
            for name, each in base[0].items()
        }
        yield from self._edges(EDGES, base[1])

    def _edges(self, values, base):
        for value in values:
            for port in self.ports:
                if not port.dtype.startswith("float") or not base[port.name].size:
                    continue
                one, whole = base[port.name].copy(), base[port.name].copy()
                one.flat[int(self.chance.integers(one.size))] = value
                whole[...] = value
                yield {**base, port.name: one}
                yield {**base, port.name: whole}


def _sizes(port, count, free):
    sizes = [free if size is None else size for size in port.shape]
    if count is not None and sizes:
        sizes[0] = count
    return sizes


def _is_whole(port):
    return port.dtype.startswith(("int", "uint"))


def _numbers(port, sizes, scale, limit, chance):
    import numpy

    dtype = port.dtype
    if dtype == "bool":
        return chance.random(sizes) < 0.5
    if dtype in ("object", "string"):
        return numpy.array([f"word{index}" for index in chance.integers(0, 9, max(1, prod(sizes)))], dtype=object)[
            : prod(sizes)
        ].reshape(sizes)
    if _is_whole(port):
        return chance.integers(0, limit, sizes).astype(dtype)
    kinds = (
        lambda: chance.normal(0, 1, sizes),
        lambda: chance.random(sizes),
        lambda: chance.integers(0, 2, sizes),
        lambda: chance.normal(0, 30, sizes),
        lambda: chance.integers(-5, 200, sizes),
        lambda: chance.normal(0, 1, sizes) * 10.0 ** chance.integers(-6, 4, sizes),
    )
    return numpy.asarray(kinds[scale % len(kinds)]()).astype(dtype)


def _limit(original, port):
    """How many whole numbers from 0 on the network takes: the rows of an embedding; at most LARGEST_INDEX and 1."""
    import numpy

    chance = numpy.random.default_rng(0)
    feeds = Draw(original.ports, {}, chance).feeds(1 if batched(original.ports) else None, FREE[0], 0)
    limits = numpy.iinfo(port.dtype)

    def takes(value):
        try:
            original.ask({**feeds, port.name: numpy.full_like(feeds[port.name], value)})
        except Exception:
            return False
        return True

    if not takes(0):
        return 2
    low, high = 0, 1
    while high <= min(LARGEST_INDEX, int(limits.max)) and takes(high):
        low, high = high, high * 2
    while low + 1 < high <= LARGEST_INDEX:
        middle = (low + high) // 2
        low, high = (middle, high) if takes(middle) else (low, middle)
    return low + 1
