"""Scalers: arithmetic on each column by itself, and on whole rows."""

from math import sqrt

from .rows import check_finite, check_infinite, spread


class Scale:
    """{"mean": [..] or null, "scale": [..] or null, "clip": [low, high] or null}: (x - mean) / scale, as StandardScaler,
    RobustScaler and MaxAbsScaler do."""

    gives = float

    def __init__(self, node, builder):
        width = self.width = node["width"]
        self.centred = node["mean"] is not None
        mean = node["mean"] or [0.0] * width
        self.scale = node["scale"] or [1.0] * width
        self.pairs = list(zip(mean, self.scale))
        self.clip = node["clip"]

    def transform(self, row):
        check_infinite(row)
        if type(row) is dict and not self.centred:
            scale = self.scale
            found = {index: value * (1.0 / scale[index]) for index, value in row.items()}
            return {index: clipped(value, *self.clip) for index, value in found.items()} if self.clip else found
        found = [(value - mean) / scale for value, (mean, scale) in zip(spread(row, self.width), self.pairs)]
        return [clipped(value, *self.clip) for value in found] if self.clip else found


class Stretch:
    """{"scale": [..], "shift": [..], "clip": [low, high] or null}: x * scale + shift, as MinMaxScaler does."""

    gives = float

    def __init__(self, node, builder):
        self.pairs = list(zip(node["scale"], node["shift"]))
        self.width = len(self.pairs)
        self.clip = node["clip"]

    def transform(self, row):
        check_infinite(row)
        found = [value * scale + shift for value, (scale, shift) in zip(spread(row, self.width), self.pairs)]
        return [clipped(value, *self.clip) for value in found] if self.clip else found


class Norm:
    """{"width", "norm": "l1" | "l2" | "max"}: each row divided by its norm; a row of zeros as it is."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.norm = NORMS[node["norm"]]

    def transform(self, row):
        check_finite(row)
        return self.divided(row)

    def divided(self, row):
        return normalised(row, self.norm)


class Binary:
    """{"width", "threshold"}: 1 for what is greater, else 0."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.threshold = node["threshold"]

    def transform(self, row):
        check_finite(row)
        threshold = self.threshold
        if type(row) is dict:  # the original refuses a threshold below zero for these
            return {index: 1.0 for index, value in row.items() if value > threshold}
        return [1.0 if value > threshold else 0.0 for value in row]


def clipped(value, low, high):
    """NaN stays."""
    return low if value < low else high if value > high else value


# scikit-learn takes a norm below this for zero, but not where most of the row is zero and not written.
NO_LENGTH = 10 * 2.220446049250313e-16


def normalised(row, norm):
    """`norm` is one of NORMS."""
    if type(row) is dict:
        length = norm(row.values())
        return {index: value / length for index, value in row.items()} if length else row
    length = norm(row)
    return row if length < NO_LENGTH else [value / length for value in row]


def _l1(values):
    return sum(map(abs, values))


def _l2(values):
    return sqrt(sum([value * value for value in values]))


def _max(values):
    return max(map(abs, values), default=0.0)


NORMS = {"l1": _l1, "l2": _l2, "max": _max}
