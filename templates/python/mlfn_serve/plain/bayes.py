"""Naive Bayes: a score for each class, and the softmax of them."""

from math import exp, inf, log, trunc
from operator import mul, sub, truediv

from .labels import largest
from .linear import Linear, refuse


class Scored:
    """`scores(row)` is the heir's: the logarithm of each class's likelihood."""

    def predict(self, row):
        return self.classes[largest(self.scores(row))]

    def predict_proba(self, row):
        return self._chances(self.scores(row))

    def answer(self, row):
        scores = self.scores(row)
        return self.classes[largest(scores)], self._chances(scores)

    def _chances(self, scores):
        (whole,) = self.whole(scores)
        return [exp(score - whole) for score in scores]

    def whole(self, scores):
        """The logarithm of all likelihoods together."""
        top = max(scores)
        return [top + log(sum([exp(score - top) for score in scores])) if top - top == 0 else float("nan")]


class Gaussian(Scored):
    """{"classes": [..], "constants": [..], "means": [[..] for each class], "variances": [[..] for each class]}"""

    def __init__(self, node, builder):
        self.classes = node["classes"]
        self.constants = node["constants"]
        count = len(self.classes)
        self.means = chunks(builder.list(node["means"]), count)
        self.variances = chunks(builder.list(node["variances"]), count)

    def scores(self, row):
        found = []
        for constant, means, variances in zip(self.constants, self.means, self.variances):
            apart = list(map(sub, row, means))
            found.append(constant - 0.5 * sum(map(truediv, map(mul, apart, apart), variances)))
        for score in found:
            if score - score != 0:
                refuse(row)
        return found


def chunks(values, count):
    width = len(values) // count
    return [values[start : start + width] for start in range(0, len(values), width)]


class LinearBayes(Scored, Linear):
    """{"classes": [..], ... of Linear}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]


class Bernoulli(LinearBayes):
    """{"above": what is more is 1 and all else 0, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.above = node["above"]

    def scores(self, row):
        above = self.above
        if type(row) is dict:
            if not all(value - value == 0 for value in row.values()):
                refuse(row)
            return super().scores({index: 1.0 for index, value in row.items() if value > above})
        if not all(value - value == 0 for value in row):
            refuse(row)
        return super().scores([1.0 if value > above else 0.0 for value in row])


class Categorical(Scored):
    """{"classes": [..], "prior": [..], "tables": for each column {"count": categories, "values": [class][category]}}"""

    def __init__(self, node, builder):
        self.classes = node["classes"]
        self.prior = node["prior"]
        self.tables = [(each["count"], builder.view(each["values"])) for each in node["tables"]]

    def scores(self, row):
        refuse(row)
        places = [trunc(value) if abs(value) < 2.0**63 else -inf for value in row]
        if min(places) < 0:
            raise ValueError("Negative values in data passed to CategoricalNB (input X).")
        for place, (count, _) in zip(places, self.tables):
            if place >= count:
                raise IndexError(f"index {place} is out of bounds for axis 1 with size {count}")
        found = []
        for number, prior in enumerate(self.prior):
            score = 0.0
            for place, (count, values) in zip(places, self.tables):
                score += values[number * count + place]
            found.append(score + prior)
        return found
