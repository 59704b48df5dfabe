"""Scalers."""


class Scale:
    """{"mean": [..] or null, "scale": [..] or null}: (x - mean) / scale, column by column, as StandardScaler does."""

    def __init__(self, node, builder):
        width = self.width = node["width"]
        mean = node["mean"] or [0.0] * width
        scale = node["scale"] or [1.0] * width
        self.pairs = list(zip(mean, scale))

    def transform(self, row):
        return [(value - mean) / scale for value, (mean, scale) in zip(row, self.pairs)]
