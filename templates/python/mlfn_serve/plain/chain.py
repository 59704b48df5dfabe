"""A Pipeline."""


class Chain:
    """{"steps": [node, ...]}: each step's output is the next one's input."""

    def __init__(self, node, builder):
        *steps, last = [builder.build(step) for step in node["steps"]]
        self.steps = [step.transform for step in steps]
        self.last = last
        self.width = getattr(last, "width", None)
        self.gives = getattr(last, "gives", None)
        if hasattr(last, "each"):
            self.each = lambda name, rows: last.each(name, [self._through(row) for row in rows])

    def _through(self, row):
        for step in self.steps:
            row = step(row)
        return row

    def transform(self, row):
        return self.last.transform(self._through(row))

    def predict(self, row):
        return self.last.predict(self._through(row))

    def predict_proba(self, row):
        return self.last.predict_proba(self._through(row))

    def decision_function(self, row):
        return self.last.decision_function(self._through(row))

    def answer(self, row):
        return self.last.answer(self._through(row))
