"""FunctionTransformer with one of NumPy's functions."""

import math
from math import inf, nan

from .rows import check_finite


class Function:
    """{"width", "name": NumPy's name of the function, "finite": whether NaN and infinity are refused}"""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.function = FUNCTIONS[node["name"]]
        self.check = check_finite if node["finite"] else None
        self.of_zero = self.function(0.0)

    def transform(self, row):
        if self.check:
            self.check(row)
        function = self.function
        if type(row) is not dict:
            return [function(value) for value in row]
        if self.of_zero == 0:
            return {index: function(value) for index, value in row.items()}
        return [function(row.get(index, 0.0)) for index in range(self.width)]


def _total(function, pole=None, overflow=None):
    """NumPy's version of a function of `math`: NaN where that has no value, minus infinity at `pole`."""

    def value_of(value):
        try:
            return function(value)
        except ValueError:
            return -inf if value == pole else nan
        except OverflowError:
            return inf if overflow is None else overflow(value)

    return value_of


def _sign(value):
    return value if value != value else float((value > 0) - (value < 0))


def _whole(function):
    return lambda value: math.copysign(float(function(value)), value) if value - value == 0 else value


def _reciprocal(value):
    return 1.0 / value if value else math.copysign(inf, value)


def _infinite(value):
    return math.copysign(inf, value)


FUNCTIONS = {
    "absolute": abs,
    "fabs": abs,
    "negative": lambda value: -value,
    "positive": lambda value: value,
    "square": lambda value: value * value,
    "reciprocal": _reciprocal,
    "sign": _sign,
    "sqrt": _total(math.sqrt),
    "exp": _total(math.exp),
    "expm1": _total(math.expm1),
    "log": _total(math.log, pole=0.0),
    "log2": _total(math.log2, pole=0.0),
    "log10": _total(math.log10, pole=0.0),
    "log1p": _total(math.log1p, pole=-1.0),
    "sin": _total(math.sin),
    "cos": _total(math.cos),
    "tan": _total(math.tan),
    "arcsin": _total(math.asin),
    "arccos": _total(math.acos),
    "arctan": math.atan,
    "sinh": _total(math.sinh, overflow=_infinite),
    "cosh": _total(math.cosh),
    "tanh": math.tanh,
    "arcsinh": math.asinh,
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "trunc": _whole(math.trunc),
    "rint": _whole(round),
    "deg2rad": lambda value: value * (math.pi / 180.0),
    "radians": lambda value: value * (math.pi / 180.0),
}
