"""CatBoost: numbers are float32, each tree's leaf holds a value for every output, and their sum is in double."""

from array import array
from functools import reduce
from math import exp
from operator import add

from .forest import Forest, dense


class CatBoosted(Forest):
    """{"scale": what sums are taken times, "bias": [what is added then, for each output], ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.scale = node["scale"]
        self.bias = node["bias"]

    def scores(self, row):
        if type(row) is dict:
            row = dense(row, self.width)
        leaves = self.leaves(array("f", row).tolist())
        return [self.scale * reduce(add, map(taker, leaves), 0.0) + bias for taker, bias in zip(self.takers, self.bias)]


class CatBoostedClassifier(CatBoosted):
    """{"classes": [..], "link": "logistic" | "softmax" | "each", ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.link = node["link"]

    def predict(self, row):
        return self._label(self.scores(row))

    def predict_proba(self, row):
        return self._chances(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self._label(scores), self._chances(scores)

    def _label(self, scores):
        if len(scores) == 1:
            return self.classes[scores[0] > 0]
        return [self.classes[scores.index(max(scores))]]  # of several classes a column of labels, as there

    def _chances(self, scores):
        if self.link == "logistic":
            return [logistic(-scores[0]), logistic(scores[0])]
        if self.link == "each":
            return [logistic(score) for score in scores]
        largest = max(scores)
        powers = [exp(score - largest) for score in scores]
        total = reduce(add, powers)
        return [each / total for each in powers]


class CatBoostedRegressor(CatBoosted):
    """{"link": "identity" | "exp", ...}: an answer is a list where there are several outputs."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.link = exp if node["link"] == "exp" else None

    def predict(self, row):
        scores = self.scores(row)
        if self.link:
            scores = [self.link(score) for score in scores]
        return scores if len(scores) > 1 else scores[0]


def logistic(score):
    try:
        return 1 / (1 + exp(-score))
    except OverflowError:
        return 0.0
