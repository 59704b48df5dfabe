"""AdaBoost."""

from math import log

from .boosted import softmax

EPSILON = 2.0**-52


class AdaBoost:
    """{"parts": [node, ...], "weights": [a number for each], "refuses": {"NaN", "infinity": message or null}}"""

    def __init__(self, node, builder):
        self.parts = [builder.build(part) for part in node["parts"]]
        self.weights = node["weights"]
        self.refuses = node["refuses"]

    def check(self, row):
        for value in row.values() if type(row) is dict else row:
            if value - value != 0:
                refused = self.refuses["NaN" if value != value else "infinity"]
                if refused:
                    raise ValueError(refused)


class AdaBoostClassifier(AdaBoost):
    """{"classes": [..], "total": of the weights, "other": what a weight counts for a class that was not told, or null
    where the parts' probabilities are used (SAMME.R), ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.total = node["total"]
        self.other = node["other"]

    def _scores(self, row):
        self.check(row)
        total = [0.0] * len(self.classes)
        for part, weight in zip(self.parts, self.weights):
            if self.other is None:
                found = self._spread(part.predict_proba(row))
            else:
                told = part.predict(row)
                found = [weight if told == each else self.other * weight for each in self.classes]
            total = [one + another for one, another in zip(total, found)]
        return [each / self.total for each in total]

    def _spread(self, chances):
        logs = [log(max(chance, EPSILON)) for chance in chances]
        count = len(logs)
        mean = (1 / count) * sum(logs)
        return [(count - 1) * (each - mean) for each in logs]

    def decision_function(self, row):
        scores = self._scores(row)
        return -scores[0] + scores[1] if len(scores) == 2 else scores

    def predict(self, row):
        return self._label(self.decision_function(row))

    def _label(self, decision):
        return self.classes[decision.index(max(decision)) if type(decision) is list else decision > 0]

    def _chances(self, decision):
        if type(decision) is list:
            return softmax([each / (len(decision) - 1) for each in decision])
        return softmax([-decision / 2, decision / 2])

    def predict_proba(self, row):
        return self._chances(self.decision_function(row))

    def answer(self, row):
        decision = self.decision_function(row)
        return self._label(decision), self._chances(decision)


class AdaBoostRegressor(AdaBoost):
    """The median of what the parts tell, by their weights."""

    def predict(self, row):
        self.check(row)
        told = sorted((part.predict(row), weight) for part, weight in zip(self.parts, self.weights))
        sums = []
        total = 0.0
        for _, weight in told:
            total += weight
            sums.append(total)
        return next(value for (value, _), below in zip(told, sums) if below >= 0.5 * total)
