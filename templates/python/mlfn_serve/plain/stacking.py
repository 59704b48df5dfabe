"""StackingClassifier and StackingRegressor."""


class Stacking:
    """{"parts": [{"node", "method", "drop": whether the first of two probabilities is left out}, ...], "passthrough": whether
    the columns themselves follow, "final": node, "classes": [..] or null}
    """

    def __init__(self, node, builder):
        self.parts = []
        for part in node["parts"]:
            self.parts.append((getattr(builder.build(part["node"]), part["method"]), part["drop"]))
        self.passthrough = node["passthrough"]
        self.final = builder.build(node["final"])
        self.classes = node["classes"]

    def _told(self, row):
        found = []
        for ask, drop in self.parts:
            told = ask(row)
            if isinstance(told, list):
                found += told[1:] if drop else told
            else:
                found.append(told)
        found = [float(each) for each in found]
        return beside(found, row) if self.passthrough else found

    def predict(self, row):
        return self._label(self.final.predict(self._told(row)))

    def _label(self, told):
        return told if self.classes is None else self.classes[told]

    def predict_proba(self, row):
        return self.final.predict_proba(self._told(row))

    def decision_function(self, row):
        return self.final.decision_function(self._told(row))

    def answer(self, row):
        told, chances = self.final.answer(self._told(row))
        return self._label(told), chances


def beside(found, row):
    """A list, and a row of either form behind it."""
    if type(row) is not dict:
        return [*found, *row]
    joined = {index: value for index, value in enumerate(found) if value != 0}
    joined.update({len(found) + index: value for index, value in row.items()})
    return joined
