"""QuadraticDiscriminantAnalysis: how far a row is from each class, in that class's own directions."""

from operator import mul, sub

from .bayes import Scored, chunks
from .linear import refuse


class Quadratic(Scored):
    """{"classes": [..], "constants": [..], "parts": for each class {"means": [..], "axes": [[..] for each direction]}}"""

    def __init__(self, node, builder):
        self.classes = node["classes"]
        self.constants = node["constants"]
        self.parts = []
        for part in node["parts"]:
            means = builder.list(part["means"])
            axes = builder.list(part["axes"])
            self.parts.append((means, chunks(axes, len(axes) // len(means)), part["logs"]))

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
