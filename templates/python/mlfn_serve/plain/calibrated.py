"""CalibratedClassifierCV."""

from bisect import bisect_right

from .labels import ByChance, sigmoid

INFINITE = "Input contains infinity or a value too large for dtype('float64')."


class Calibrated(ByChance):
    """{"classes": [..], "parts": [{"node", "method", "places": [class of each score], "curves": [curve, ...]}, ...]}

    A curve is {"a", "b"} (sigmoid) or {"x": [..], "y": [..], "clip"} (isotonic). The answer is the mean of the parts'.
    """

    def __init__(self, node, builder):
        self.classes = node["classes"]
        self.parts = []
        for part in node["parts"]:
            made = builder.build(part["node"])
            curves = [curve_of(curve, builder) for curve in part["curves"]]
            self.parts.append((getattr(made, part["method"]), part["method"] == "predict_proba", part["places"], curves))

    def predict_proba(self, row):
        count = len(self.classes)
        total = [0.0] * count
        for score, chances, places, curves in self.parts:
            found = score(row)
            if count == 2:
                second = curves[0](found[1] if chances else found)
                told = [1.0 - second, second]
            else:
                told = [0.0] * count
                for place, value, curve in zip(places, found, curves):
                    told[place] = curve(value)
                whole = sum(told)
                told = [each / whole for each in told] if whole else [1 / count] * count
            told = [1.0 if 1.0 < each <= 1.0 + 1e-5 else each for each in told]
            total = [one + other for one, other in zip(total, told)]
        return [each / len(self.parts) for each in total]


def curve_of(node, builder):
    if "a" in node:
        a, b = node["a"], node["b"]
        return lambda score: sigmoid(-(a * score + b))
    return Curve(builder.list(node["x"]), builder.list(node["y"]), node["clip"])


class Curve:
    """Straight lines between points, as numpy.interp draws them."""

    def __init__(self, x, y, clip):
        self.x = x
        self.y = y
        self.clip = clip

    def __call__(self, value):
        x, y = self.x, self.y
        if value - value != 0:
            raise ValueError("Input contains NaN." if value != value else INFINITE)
        if len(y) == 1:
            return y[0]
        if value < x[0] or value > x[-1]:
            if not self.clip:
                return float("nan")
            value = x[0] if value < x[0] else x[-1]
        place = bisect_right(x, value) - 1
        if place >= len(x) - 1 or x[place] == value:
            return y[place]
        return (y[place + 1] - y[place]) / (x[place + 1] - x[place]) * (value - x[place]) + y[place]
