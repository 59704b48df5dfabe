"""TransformedTargetRegressor: what was learnt in another scale, brought back."""

import math

INFINITE = "Input contains infinity or a value too large for dtype('float64')."


class Target:
    """{"node", "inverse": {"function": name} | {"factor": [..], "shift": [..], "first": "add" | "multiply" | "divide"},
    "flat": whether a list of one becomes its element, "refuses": whether NaN is refused, too, as infinities are; or null}
    """

    def __init__(self, node, builder):
        self.ask = builder.build(node["node"]).predict
        self.flat = node["flat"]
        inverse = node["inverse"]
        self.refuses = node["refuses"]
        self.back = FUNCTIONS[inverse["function"]] if "function" in inverse else scaled(**inverse)

    def predict(self, row):
        told = self.ask(row)
        told = told if isinstance(told, list) else [told]
        if self.refuses is not None:
            for value in told:
                if value - value != 0 and (value == value or self.refuses):
                    raise ValueError("Input contains NaN." if value != value else INFINITE)
        back = self.back(told)
        return back[0] if self.flat and len(back) == 1 else back


def scaled(factor, shift, first):
    """x * factor + shift, or (x - shift) / factor."""
    if first == "multiply":
        return lambda values: [value * each + more for value, each, more in zip(values, factor, shift)]
    return lambda values: [(value - less) / each for value, each, less in zip(values, factor, shift)]


def each(function):
    """As NumPy's function of the same name: infinity or NaN where Python raises."""

    def apply(value):
        try:
            return function(value)
        except OverflowError:
            return math.inf
        except ValueError:
            return -math.inf if value == 0 and function is not math.sqrt else math.nan

    return lambda values: [apply(value) for value in values]


FUNCTIONS = {
    "identity": lambda values: values,
    "exp": each(math.exp),
    "expm1": each(math.expm1),
    "log": each(math.log),
    "log1p": each(lambda value: -math.inf if value == -1 else math.log1p(value)),
    "log10": each(math.log10),
    "log2": each(math.log2),
    "exp2": each(lambda value: 2.0**value),
    "sqrt": each(math.sqrt),
    "square": each(lambda value: value * value),
    "abs": each(abs),
    "absolute": each(abs),
    "negative": each(lambda value: -value),
    "reciprocal": each(lambda value: 1 / value if value else math.copysign(math.inf, value)),
    "arcsinh": each(math.asinh),
    "sinh": each(lambda value: math.copysign(math.inf, value) if abs(value) > 711 else math.sinh(value)),
    "tanh": each(math.tanh),
    "cbrt": each(lambda value: math.copysign(abs(value) ** (1 / 3), value)),
}
