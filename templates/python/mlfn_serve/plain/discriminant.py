"""QuadraticDiscriminantAnalysis: how far a row is from each class, in that class's own directions."""

from operator import mul, sub

from .labels import largest, softmax
from .linear import refuse


class Quadratic:
    """{"classes": [..], "constants": [..], "parts": for each class {"means": [..], "axes": [[..] for each direction]}}"""

    def __init__(self, node, builder):
        self.classes = node["classes"]
        self.constants = node["constants"]
        self.parts = []
        for part in node["parts"]:
            means = builder.list(part["means"])
            axes = builder.list(part["axes"])
            width = len(means)
            lines = [axes[start : start + width] for start in range(0, len(axes), width)]
            self.parts.append((means, lines, part["logs"]))

    def scores(self, row):
        found = []
        for constant, (means, axes, logs) in zip(self.constants, self.parts):
            apart = list(map(sub, row, means))
            along = [sum(map(mul, axis, apart)) for axis in axes]
            found.append(-0.5 * (sum(map(mul, along, along)) + logs) + constant)
        for score in found:
            if score - score != 0:
                refuse(row)
        return found

    def decision_function(self, row):
        scores = self.scores(row)
        return scores[1] - scores[0] if len(scores) == 2 else scores

    def predict(self, row):
        return self.classes[largest(self.scores(row))]

    def predict_proba(self, row):
        return softmax(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self.classes[largest(scores)], softmax(scores)
