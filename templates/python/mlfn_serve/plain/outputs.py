"""Several outputs: MultiOutputClassifier, MultiOutputRegressor, ClassifierChain, RegressorChain."""

from .stacking import beside


class SeveralOutputs:
    """{"parts": [node, ...]}: each its own output."""

    def __init__(self, node, builder):
        self.parts = [builder.build(part) for part in node["parts"]]

    def predict(self, row):
        return [part.predict(row) for part in self.parts]

    def predict_proba(self, row):
        return [part.predict_proba(row) for part in self.parts]

    def answer(self, row):
        told = [part.answer(row) for part in self.parts]
        return [each[0] for each in told], [each[1] for each in told]


class OutputChain:
    """{"parts": [node, ...], "order": [output of each part], "method": what a part hands on, "width": columns}

    Each part is given the columns and what those before it told.
    """

    def __init__(self, node, builder):
        self.parts = [builder.build(part) for part in node["parts"]]
        self.order = node["order"]
        self.method = node["method"]
        self.width = node["width"]

    def _through(self, row, method):
        told = {}
        before = []
        for part, output in zip(self.parts, self.order):
            taken = self._behind(row, before)
            handed = one_of(part, self.method, taken)
            told[output] = handed if method == self.method else one_of(part, method, taken)
            before.append(handed)
        return [told[output] for output in range(len(told))]

    def _behind(self, row, before):
        if type(row) is dict:
            return {**row, **{self.width + index: value for index, value in enumerate(before) if value != 0}}
        return beside(row, before)

    def predict(self, row):
        return self._through(row, "predict")

    def predict_proba(self, row):
        return self._through(row, "predict_proba")

    def decision_function(self, row):
        return self._through(row, "decision_function")

    def answer(self, row):
        return self.predict(row), self.predict_proba(row)


def one_of(part, method, row):
    told = getattr(part, method)(row)
    return float(told[1] if method == "predict_proba" else told)
