"""Trees that are asked for their mean: decision trees, extra trees, and forests of them."""

from functools import reduce
from operator import add

from .forest import Forest


class TreeClassifier(Forest):
    """{"classes": [..] for each output, "several": whether there is more than one output, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.several = node["several"]

    def _chances(self, row):
        """Of each output its list. Added one by one, as the original does: `sum` would be more exact than it."""
        leaves = self.leaves(self.read(row))
        count = len(leaves)
        found = [reduce(add, map(taker, leaves), 0.0) / count for taker in self.takers]
        if not self.several:
            return [found]
        split = []
        for classes in self.classes:
            split.append(found[: len(classes)])
            del found[: len(classes)]
        return split

    def _labels(self, chances):
        return [classes[each.index(max(each))] for classes, each in zip(self.classes, chances)]

    def predict(self, row):
        return self.answer(row)[0]

    def predict_proba(self, row):
        chances = self._chances(row)
        return chances if self.several else chances[0]

    def answer(self, row):
        chances = self._chances(row)
        labels = self._labels(chances)
        return (labels, chances) if self.several else (labels[0], chances[0])


class TreeRegressor(Forest):
    """{"several": whether an answer is a list, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.several = node["several"]

    def predict(self, row):
        leaves = self.leaves(self.read(row))
        count = len(leaves)
        found = [reduce(add, map(taker, leaves), 0.0) / count for taker in self.takers]
        return found if self.several else found[0]


class IsolationForest(Forest):
    """{"scale": what depths are divided by, "offset": number, ...}: a leaf's value is the depth it stands for."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.scale = node["scale"]
        self.offset = node["offset"]

    def decision_function(self, row):
        depths = reduce(add, map(self.takers[0], self.leaves(self.read(row))), 0.0)
        return -(2.0 ** -(depths / self.scale if self.scale else 1.0)) - self.offset

    def predict(self, row):
        return -1 if self.decision_function(row) < 0 else 1
