"""PowerTransformer, before its scaling."""

from math import exp, expm1, inf, log, log1p, nan

from .rows import check_infinite, spread

STEP = 2.220446049250313e-16  # numpy.spacing(1.0)


class Power:
    """{"powers": [lambda of each column], "form": "box-cox" | "power" | "expm1"}: the last two are Yeo-Johnson's, as
    scikit-learn wrote it and as scipy does."""

    gives = float

    def __init__(self, node, builder):
        self.powers = node["powers"]
        self.width = len(self.powers)
        self.positive = node["form"] == "box-cox"
        self.function = {"box-cox": box_cox, "power": yeo_johnson, "expm1": yeo_johnson_expm1}[node["form"]]

    def transform(self, row):
        row = spread(row, self.width)
        check_infinite(row)
        if self.positive and any(value <= 0 for value in row):
            raise ValueError("The Box-Cox transformation can only be applied to strictly positive data")
        return list(map(self.function, row, self.powers))


def box_cox(value, power):
    if value != value:
        return value
    if abs(power) < 1e-19:
        return log(value)
    grown = power * log(value)
    if grown < 709.78:
        return expm1(grown) / power
    return (inf if grown > 1e5 else _exp(grown - log(abs(power)))) * (1 if power > 0 else -1) - 1 / power


def yeo_johnson(value, power):
    if value >= 0:
        return log1p(value) if abs(power) < STEP else (_raised(value + 1, power) - 1) / power
    if abs(power - 2) > STEP:
        return -(_raised(-value + 1, 2 - power) - 1) / (2 - power)
    return -log1p(-value)


def yeo_johnson_expm1(value, power):
    if value >= 0:
        return log1p(value) if abs(power) < STEP else _expm1(power * log1p(value)) / power
    if abs(power - 2) > STEP:
        return -_expm1((2 - power) * log1p(-value)) / (2 - power) if value == value else nan
    return -log1p(-value)


def _raised(value, power):
    try:
        return value**power
    except OverflowError:
        return inf


def _exp(value):
    try:
        return exp(value)
    except OverflowError:
        return inf


def _expm1(value):
    try:
        return expm1(value)
    except OverflowError:
        return inf
