"""FixedThresholdClassifier and TunedThresholdClassifierCV: a label by how high one score is."""


class Threshold:
    """{"node", "method", "place": of the score among probabilities, "sign": of a single score, "least": what gives the label,
    "labels": [below, otherwise]}
    """

    def __init__(self, node, builder):
        self.part = builder.build(node["node"])
        self.ask = getattr(self.part, node["method"])
        self.place = node["place"] if node["method"] == "predict_proba" else None
        self.sign = node["sign"]
        self.least = node["least"]
        self.labels = node["labels"]

    def predict(self, row):
        told = self.ask(row)
        return self._label(told)

    def _label(self, told):
        score = told[self.place] if self.place is not None else self.sign * told
        return self.labels[score >= self.least]

    def predict_proba(self, row):
        return self.part.predict_proba(row)

    def decision_function(self, row):
        return self.part.decision_function(row)

    def answer(self, row):
        chances = self.part.predict_proba(row)
        return self._label(chances if self.place is not None else self.ask(row)), chances
