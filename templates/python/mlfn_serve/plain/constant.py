"""Models that always answer the same."""


class Constant:
    """{"prediction": the answer, "probabilities": [..] or null, "score": a number or null}"""

    def __init__(self, node, builder):
        self.told = node["prediction"]
        self.chances = node["probabilities"]
        self.score = node["score"]

    def predict(self, row):
        return self.told

    def predict_proba(self, row):
        return self.chances

    def decision_function(self, row):
        return self.score

    def answer(self, row):
        return self.told, self.chances
