"""VotingClassifier and VotingRegressor."""

from .labels import ByChance, largest


class Voters:
    """{"parts": [node, ...], "shares": [..] or null}"""

    def __init__(self, node, builder):
        self.parts = [builder.build(part) for part in node["parts"]]
        self.shares = node["shares"] or [1.0] * len(self.parts)
        self.total = sum(self.shares)


class SoftVoting(Voters, ByChance):
    """{"classes": [..], ...}: the mean of the probabilities."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]

    def predict_proba(self, row):
        sums = [0.0] * len(self.classes)
        for part, share in zip(self.parts, self.shares):
            sums = [total + chance * share for total, chance in zip(sums, part.predict_proba(row))]
        return [each / self.total for each in sums]


class HardVoting(Voters):
    """{"classes": [..], ...}: the label that most parts give, by its place among the classes."""

    def __init__(self, node, builder):
        super().__init__(node, builder)
        self.classes = node["classes"]

    def predict(self, row):
        votes = [0.0] * len(self.classes)
        for part, share in zip(self.parts, self.shares):
            votes[part.predict(row)] += share
        return self.classes[largest(votes)]


class MeanVoting(Voters):
    """The mean of the parts' numbers."""

    def scores(self, row):
        """As a list of one sum, which is what rounding moves."""
        return [sum([part.predict(row) * share for part, share in zip(self.parts, self.shares)])]

    def predict(self, row):
        return self.scores(row)[0] / self.total
