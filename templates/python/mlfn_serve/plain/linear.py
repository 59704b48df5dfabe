"""Linear models: one dot product for each output."""

from math import exp
from operator import mul

from .labels import largest, logistic, modified_huber, softmax

WIDE = 2000
INFINITIES = (float("inf"), float("-inf"))


class Linear:
    """{"width": columns, "weights": [[..] for each output], "bias": [..]}"""

    def __init__(self, node, builder):
        width = node["width"]
        # Rows as wide as a vocabulary are mostly zeros: of most weights nothing is ever read.
        flat = (builder.view if width > WIDE else builder.list)(node["weights"])
        self.weights = [flat[start : start + width] for start in range(0, len(flat), width)]
        self.bias = node["bias"]

    def scores(self, row):
        if type(row) is dict:
            found = [
                sum([weights[index] * value for index, value in row.items()]) + bias
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
    if any(value in INFINITIES for value in values):
        raise ValueError("Input X contains infinity or a value too large for dtype('float64').")


class LinearClassifier(Linear):
    """{"classes": [..], "link": one of LINKS or null, "zero": the index that a single score of zero gives, ...}

    Two classes have one output, or two.
    """

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.link = LINKS.get(node["link"])
        self.zero = node.get("zero", 0)

    def decision_function(self, row):
        scores = self.scores(row)
        return scores[0] if len(scores) == 1 else scores

    def _label(self, scores):
        if len(scores) > 1:
            return self.classes[largest(scores)]
        (score,) = scores
        return self.classes[score > 0 or score == 0 and self.zero]

    def predict(self, row):
        return self._label(self.scores(row))

    def predict_proba(self, row):
        return self.link(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self._label(scores), self.link(scores)


LINKS = {"logistic": logistic, "softmax": softmax, "modified-huber": modified_huber}


class LinearFlags(Linear):
    """Several labels at once: whether each score is above zero."""

    def predict(self, row):
        return [int(score > 0) for score in self.scores(row)]


class LinearRegressor(Linear):
    """{"several": whether an answer is a list, "exp": whether the score is a logarithm, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.several = node["several"]
        self.grows = node["exp"]

    def predict(self, row):
        return self.label(self.scores(row))

    def label(self, scores):
        if self.grows:
            scores = [grown(score) for score in scores]
        return scores if self.several else scores[0]


def grown(value):
    try:
        return exp(value)
    except OverflowError:
        return INFINITIES[0]
