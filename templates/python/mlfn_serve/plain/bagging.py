"""The mean of estimators of one kind, each of which may see some of the columns only."""

from .forest import dense


class Bagging:
    """{"parts": [node, ...], "features": [[index, ...] or null, ...], "width": of a row}"""

    def __init__(self, node, builder):
        self.parts = [builder.build(part) for part in node["parts"]]
        self.features = node["features"]
        self.width = node["width"]

    def _rows(self, row):
        """Of each part the row that it sees."""
        if type(row) is dict and any(self.features):
            row = dense(row, self.width)
        for part, features in zip(self.parts, self.features):
            yield part, [row[index] for index in features] if features else row


class BaggingClassifier(Bagging):
    """{"classes": [..], "known": [[place among the classes, ...] of each part], "votes": whether the parts only tell a
    place, ...}"""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]
        self.known = node["known"]
        self.votes = node["votes"]

    def predict_proba(self, row):
        total = [0.0] * len(self.classes)
        for (part, seen), known in zip(self._rows(row), self.known):
            if self.votes:
                total[part.predict(seen)] += 1
                continue
            for place, chance in zip(known, part.predict_proba(seen)):
                total[place] += chance
        return [each / len(self.parts) for each in total]

    def decision_function(self, row):
        return _mean([part.decision_function(seen) for part, seen in self._rows(row)])

    def predict(self, row):
        return self.answer(row)[0]

    def answer(self, row):
        chances = self.predict_proba(row)
        return self.classes[chances.index(max(chances))], chances


class BaggingRegressor(Bagging):
    def predict(self, row):
        return _mean([part.predict(seen) for part, seen in self._rows(row)])


def _mean(found):
    """Of numbers, or of lists place by place; added one by one, as the original does."""
    if type(found[0]) is list:
        return [_mean(each) for each in zip(*found)]
    total = 0.0
    for each in found:
        total += each
    return total / len(found)
