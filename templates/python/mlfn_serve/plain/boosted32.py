"""XGBoost: every number is a float32, and every step is rounded to one."""

from array import array
from math import inf, ldexp

from .forest import Forest, dense

NAN = float("nan")


class Boosted32(Forest):
    """{"base": [a start for each output], "missing": a value that counts as missing, or null, ...}: the trees take turns,
    one for each output."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.base = node["base"]
        self.missing = node["missing"]

    def scores(self, row):
        if type(row) is dict:
            row = dense(row, self.width)
        row = array("f", row).tolist()
        if self.missing is not None:
            row = [NAN if value == self.missing else value for value in row]
        leaves = self.leaves(row)
        (taker,) = self.takers
        count = len(self.base)
        return [added(map(taker, leaves[index::count]), base) for index, base in enumerate(self.base)]


class BoostedClassifier32(Boosted32):
    """{"classes": [..], "link": "logistic" | "softmax", ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.logistic = node["link"] == "logistic"

    def predict_proba(self, row):
        scores = self.scores(row)
        if not self.logistic:
            return softmax(scores)
        chance = logistic(scores[0])
        return [single(1.0 - chance), chance]

    def predict(self, row):
        return self.answer(row)[0]

    def answer(self, row):
        chances = self.predict_proba(row)
        if self.logistic:
            return self.classes[chances[1] > 0.5], chances
        return self.classes[chances.index(max(chances))], chances


class BoostedRegressor32(Boosted32):
    """{"link": "identity" | "exp" | "logistic", "several": whether an answer is a list, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.link = {"exp": exp, "logistic": logistic, "identity": None}[node["link"]]
        self.several = node["several"]

    def predict(self, row):
        scores = self.scores(row)
        if self.link:
            scores = [self.link(score) for score in scores]
        return scores if self.several else scores[0]


def single(value):
    """The nearest float32. In an array of its own: requests may come in threads."""
    return array("f", (value,))[0]


def added(values, total):
    cell = array("f", [0.0])
    for value in values:
        cell[0] = total + value
        total = cell[0]
    return total


def logistic(score):
    """As XGBoost's common::Sigmoid."""
    return single(1.0 / single(single(exp(min(-score, 88.69999694824219)) + 1.0) + 1e-16))


def softmax(scores):
    largest = max(scores)
    powers = [exp(single(score - largest)) for score in scores]
    total = 0.0  # in double, as there
    for power in powers:
        total += power
    total = single(total)
    return [single(power / total) for power in powers]


# As glibc's expf (sysdeps/ieee754/flt-32/e_expf.c): 2**(k/32) from a table times a polynomial in double. It is not always
# the nearest float32, so the nearest one would differ from it now and then.
_STEPS = 32
_POWERS = [2.0 ** (index / _STEPS) for index in range(_STEPS)]
_SCALE = float.fromhex("0x1.71547652b82fep+0") * _STEPS
_C0 = float.fromhex("0x1.c6af84b912394p-5") / _STEPS**3
_C1 = float.fromhex("0x1.ebfce50fac4f3p-3") / _STEPS**2
_C2 = float.fromhex("0x1.62e42ff0c52d6p-1") / _STEPS


def exp(x):
    """e to the power of a float32, as a float32."""
    if not -104 < x < 88.72283172607422:
        return x if x != x else 0.0 if x < 0 else inf
    scaled = _SCALE * x
    whole = round(scaled)
    rest = scaled - whole
    near = (_C0 * rest + _C1) * (rest * rest) + (_C2 * rest + 1)
    return single(near * ldexp(_POWERS[whole % _STEPS], whole // _STEPS))
