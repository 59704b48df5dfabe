"""PCA and TruncatedSVD."""

from operator import mul

from .rows import check_finite, spread


class Project:
    """{"width", "columns", "weights": [.. of each column], "before": [..] or null, "after": [..] or null, "scale": [..] or
    null}: ((x - before) @ weights - after) / scale."""

    gives = float

    def __init__(self, node, builder):
        self.width = node["width"]
        self.weights = builder.view(node["weights"])
        self.before = node["before"]
        self.after = node["after"]
        self.scale = node["scale"]
        self.rows = None
        if not node["sparse"]:
            flat = self.weights.tolist()
            self.rows = [flat[start :: self.width] for start in range(self.width)]

    def transform(self, row):
        check_finite(row)
        return self.sums(row)

    def sums(self, row):
        if self.before is not None:
            row = [value - shift for value, shift in zip(spread(row, len(self.before)), self.before)]
        found = self._sparse(row) if self.rows is None or type(row) is dict else [sum(map(mul, row, each)) for each in self.rows]
        if self.after is not None:
            found = [value - shift for value, shift in zip(found, self.after)]
        if self.scale is not None:
            found = [value / scale for value, scale in zip(found, self.scale)]
        return found

    def _sparse(self, row):
        width, weights = self.width, self.weights
        found = [0.0] * width
        for index, value in row.items() if type(row) is dict else enumerate(row):
            if value:
                column = weights[index * width : (index + 1) * width].tolist()
                found = [total + value * weight for total, weight in zip(found, column)]
        return found
