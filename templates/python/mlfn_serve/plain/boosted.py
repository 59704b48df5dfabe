"""Boosted trees: what their leaves hold is added up, for each output from a start of its own."""

from functools import reduce
from math import exp, inf, log1p
from operator import add

from .forest import Forest


class Boosted(Forest):
    """{"base": [a start for each output], "mean": what the sums are divided by, or null, ...}: the trees take turns, one
    for each output."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.base = node["base"]
        self.mean = node["mean"]

    def scores(self, row):
        leaves = self.leaves(self.read(row))
        (taker,) = self.takers
        count = len(self.base)
        found = [reduce(add, map(taker, leaves[index::count]), base) for index, base in enumerate(self.base)]
        return [each / self.mean for each in found] if self.mean else found


class BoostedClassifier(Boosted):
    """{"classes": [..], "link": "logistic" | "softmax" | "each" | "none", "slope": what a logistic link's score is taken
    times, "even": the class of a score of zero where there are two, null where the likeliest class is told, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.slope = node["slope"]
        self.link = node["link"]
        self.even = node["even"]

    def decision_function(self, row):
        scores = self.scores(row)
        return scores[0] if len(scores) == 1 else scores

    def _label(self, scores):
        if self.even is None:
            scores = self._chances(scores)
        if len(scores) > 1:
            return self.classes[scores.index(max(scores))]
        return self.classes[1 if scores[0] > 0 else 0 if scores[0] < 0 else self.even]

    def _chances(self, scores):
        if self.link == "softmax":
            return softmax(scores)
        chances = [expit(self.slope * score) for score in scores]
        return chances if self.link == "each" else [1 - chances[0], chances[0]]

    def predict(self, row):
        return self._label(self.scores(row))

    def predict_proba(self, row):
        return self._chances(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self._label(scores), self._chances(scores)


class BoostedRegressor(Boosted):
    """{"link": name of the function that makes a prediction of a score, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.link = LINKS[node["link"]]

    def predict(self, row):
        return self.link(self.scores(row)[0])


def expit(score):
    """As SciPy writes it: one minus it loses the same digits there."""
    try:
        return 1 / (1 + exp(-score))
    except OverflowError:
        return 0.0


def grown(score):
    try:
        return exp(score)
    except OverflowError:
        return inf


def softmax(scores):
    largest = max(scores)
    powers = [exp(score - largest) for score in scores]
    total = reduce(add, powers)
    return [each / total for each in powers]


LINKS = {
    "identity": lambda score: score,
    "exp": grown,
    "logistic": expit,
    "log1p-exp": lambda score: log1p(grown(score)),
    "signed-square": lambda score: score * abs(score),
}
