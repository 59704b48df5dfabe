"""Many classes from models of two: OneVsRestClassifier, OneVsOneClassifier, OutputCodeClassifier."""

from .labels import largest
from .vectors import one_against_rest

INFINITE = "Input X contains infinity or a value too large for dtype('float64')."


class Reduction:
    """{"classes": [..], "parts": [{"node", "method"}, ...]}: `scores(row)` is what each part says for its second class."""

    def __init__(self, node, builder):
        self.classes = node["classes"]
        self.parts = [builder.build(part["node"]) for part in node["parts"]]
        self.asks = [second(part, told["method"]) for part, told in zip(self.parts, node["parts"])]

    def scores(self, row):
        return [ask(row) for ask in self.asks]


def second(part, method):
    """The function that gives a single score."""
    ask = getattr(part, method)
    return (lambda row: ask(row)[1]) if method == "predict_proba" else ask


class OneVsRest(Reduction):
    """{"threshold": of a single score, "several": whether a record may have any number of classes, "zeros": whether no chance
    at all stays none, ...}
    """

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.threshold = node["threshold"]
        self.several = node["several"]
        self.nothing = 0.0 if node["zeros"] else float("nan")

    def predict(self, row):
        scores = self.scores(row)
        if self.several:
            return [int(score > self.threshold) for score in scores]
        if len(scores) == 1:
            return self.classes[scores[0] > self.threshold]
        best = float("-inf")
        place = 0
        for index, score in enumerate(scores):
            # numpy.maximum keeps a NaN, and nothing equals it.
            best = best if best != best or best > score else score
            if best == score:
                place = index
        return self.classes[place]

    def predict_proba(self, row):
        chances = [part.predict_proba(row)[1] for part in self.parts]
        if len(chances) == 1:
            chances = [1 - chances[0], chances[0]]
        if self.several:
            return chances
        total = sum(chances)
        if total == 0:
            return [self.nothing] * len(chances)
        return [chance / total for chance in chances]

    def decision_function(self, row):
        if len(self.parts) == 1:
            return self.parts[0].decision_function(row)
        return [part.decision_function(row) for part in self.parts]

    def answer(self, row):
        return self.predict(row), self.predict_proba(row)


class OneVsOne(Reduction):
    """{"threshold": of two classes, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.threshold = node["threshold"]

    def _votes(self, row):
        seconds = [part.predict(row) == 1 for part in self.parts]
        return one_against_rest(seconds, self.scores(row), len(self.classes))

    def decision_function(self, row):
        votes = self._votes(row)
        return votes[1] if len(votes) == 2 else votes

    def predict(self, row):
        votes = self._votes(row)
        if len(votes) == 2:
            return self.classes[votes[1] > self.threshold]
        return self.classes[largest(votes)]


class OutputCode(Reduction):
    """{"codes": [[..] for each class], ...}: the class whose code is nearest to the scores."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.codes = node["codes"]

    def predict(self, row):
        scores = self.scores(row)
        for score in scores:
            if score - score != 0:
                raise ValueError("Input X contains NaN." if score != score else INFINITE)
        apart = self.apart(scores)
        return self.classes[apart.index(min(apart))]

    def apart(self, scores):
        return [sum([(score - each) * (score - each) for score, each in zip(scores, code)]) for code in self.codes]
