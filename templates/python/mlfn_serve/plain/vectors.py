"""Support vector machines with a linear kernel, as libsvm answers."""

from math import exp
from operator import mul

from .labels import largest
from .linear import Linear

# Above this a product may overflow, and then the sum over support vectors is another one than that of their weights.
LARGE = 1e140
LEAST_CHANCE = 1e-7


class Vectors(Linear):
    """{"duals": [..] for each output, "vectors": rows of `width`, ... of Linear}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.duals = builder.view(node["duals"])
        self.vectors = builder.view(node["vectors"])
        self.width = node["width"]

    def scores(self, row):
        found = super().scores(row)
        values = row.values() if type(row) is dict else row
        if max(map(abs, values), default=0) > LARGE:
            return self._by_vectors(row)
        return found

    def _by_vectors(self, row):
        width = self.width
        if type(row) is dict:
            row = [row.get(index, 0.0) for index in range(width)]
        products = [sum(map(mul, self.vectors[at : at + width], row)) for at in range(0, len(self.vectors), width)]
        count = len(products)
        return [
            sum(map(mul, self.duals[place * count : (place + 1) * count], products)) + bias
            for place, bias in enumerate(self.bias)
        ]


class Pairs:
    """{"classes": [..], "shape": "ovr" | "ovo", "ties": whether ties are broken by the scores, "platt": [[A..], [B..]] or
    null, ...}: labels and chances of the scores of each pair of classes, positive for the first of both.
    """

    def __init__(self, node):
        self.classes = node["classes"]
        self.shape = node["shape"]
        self.ties = node["ties"]
        self.platt = node["platt"]

    def apart(self, scores):
        if len(self.classes) == 2:
            return -scores[0]
        if self.shape == "ovo":
            return scores
        return one_against_rest([score < 0 for score in scores], [-score for score in scores], len(self.classes))

    def label(self, scores):
        count = len(self.classes)
        if self.ties:
            return self.classes[largest(one_against_rest([score < 0 for score in scores], [-score for score in scores], count))]
        votes = [0] * count
        for (one, other), score in zip(pairs(count), scores):
            votes[one if score > 0 else other] += 1
        return self.classes[votes.index(max(votes))]

    def chances(self, scores):
        count = len(self.classes)
        table = [[0.0] * count for _ in range(count)]
        for (one, other), score, slope, shift in zip(pairs(count), scores, *self.platt):
            chance = min(max(LEAST_CHANCE, platt(score * slope + shift)), 1 - LEAST_CHANCE)  # of NaN, the least
            table[one][other] = chance
            table[other][one] = 1 - chance
        return coupled(table)


class VectorClassifier(Pairs, Vectors):
    """SVC and NuSVC: an output for each pair of classes."""

    def __init__(self, node, builder):
        Pairs.__init__(self, node)
        Vectors.__init__(self, node, builder)

    def decision_function(self, row):
        return self.apart(self.scores(row))

    def predict(self, row):
        return self.label(self.scores(row))

    def predict_proba(self, row):
        return self.chances(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self.label(scores), self.chances(scores)


def platt(value):
    """libsvm's sigmoid_predict."""
    if value >= 0:
        small = exp(-value)
        return small / (1.0 + small)
    return 1.0 / (1 + exp(value))


def coupled(table):
    """Probabilities of classes from those of pairs: libsvm's multiclass_probability (Wu, Lin and Weng 2004, method 2)."""
    count = len(table)
    places = range(count)
    chances = [1.0 / count] * count
    grid = [[-table[j][t] * table[t][j] for j in places] for t in places]
    for t in places:
        grid[t][t] = 0.0
        for j in places:
            grid[t][t] += table[j][t] * table[j][t]
    for _ in range(max(100, count)):
        sums = [sum(map(mul, line, chances)) for line in grid]
        total = sum(map(mul, chances, sums))
        if max(abs(each - total) for each in sums) < 0.005 / count:
            break
        for t in places:
            step = (total - sums[t]) / grid[t][t]
            chances[t] += step
            grown = 1 + step
            total = (total + step * (step * grid[t][t] + 2 * sums[t])) / grown / grown
            sums = [(each + step * line) / grown for each, line in zip(sums, grid[t])]
            chances = [chance / grown for chance in chances]
    return chances


def pairs(count):
    return [(one, other) for one in range(count) for other in range(one + 1, count)]


def one_against_rest(seconds, confidences, count):
    """scikit-learn's _ovr_decision_function: votes, and a third of a vote at most for how sure they are."""
    votes = [0] * count
    sums = [0.0] * count
    for (one, other), second, confidence in zip(pairs(count), seconds, confidences):
        sums[one] -= confidence
        sums[other] += confidence
        votes[other if second else one] += 1
    return [vote + total / (3 * (abs(total) + 1)) for vote, total in zip(votes, sums)]


class VectorRegressor(Vectors):
    """SVR: one output."""

    def predict(self, row):
        return self.scores(row)[0]
