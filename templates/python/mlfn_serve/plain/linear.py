"""Linear models: one dot product for each output."""

from math import exp
from operator import mul


class Linear:
    """{"weights": [[..] for each output], "bias": [..]}"""

    def __init__(self, node, builder):
        width = node["width"]
        flat = builder.list(node["weights"])
        self.weights = [flat[start : start + width] for start in range(0, len(flat), width)]
        self.bias = node["bias"]

    def scores(self, row):
        if type(row) is dict:
            found = [
                bias + sum(weights[index] * value for index, value in row.items())
                for weights, bias in zip(self.weights, self.bias)
            ]
        else:
            found = [sum(map(mul, weights, row)) + bias for weights, bias in zip(self.weights, self.bias)]
        for score in found:
            if score - score != 0:
                refuse(row)
        return found


def refuse(row):
    """As scikit-learn refuses what no number can be computed of."""
    values = list(row.values()) if type(row) is dict else row
    if any(value != value for value in values):
        raise ValueError("Input X contains NaN.")
    if any(value in (float("inf"), float("-inf")) for value in values):
        raise ValueError("Input X contains infinity or a value too large for dtype('float64').")


class LinearClassifier(Linear):
    """{"classes": [..], "link": "logistic" | "softmax" | "none", ...}; two classes have one output."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.link = {"logistic": logistic, "softmax": softmax}.get(node["link"])

    def decision_function(self, row):
        scores = self.scores(row)
        return scores[0] if len(self.weights) == 1 else scores

    def _label(self, scores):
        if len(scores) == 1:
            return self.classes[scores[0] > 0]
        return self.classes[scores.index(max(scores))]

    def predict(self, row):
        return self._label(self.scores(row))

    def predict_proba(self, row):
        return self.link(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self._label(scores), self.link(scores)


class LinearRegressor(Linear):
    """{"several": whether an answer is a list, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.several = node["several"]

    def predict(self, row):
        scores = self.scores(row)
        return scores if self.several else scores[0]


def sigmoid(score):
    if score >= 0:
        return 1 / (1 + exp(-score))
    grown = exp(score)
    return grown / (1 + grown)


def logistic(scores):
    """Two classes: the second's chance is the score's. More: each against the rest, made to sum to one."""
    if len(scores) == 1:
        chance = sigmoid(scores[0])
        return [1 - chance, chance]
    chances = [sigmoid(score) for score in scores]
    total = sum(chances)
    return [chance / total for chance in chances]


def softmax(scores):
    if len(scores) == 1:
        scores = [-scores[0], scores[0]]
    largest = max(scores)
    grown = [exp(score - largest) for score in scores]
    total = sum(grown)
    return [each / total for each in grown]
