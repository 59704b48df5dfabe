"""SplineTransformer."""

from bisect import bisect_right

from .rows import check_finite, spread


class Splines:
    """{"degree", "count": splines of each column, "kept": how many of them are given, "beyond": "continue" | "error" |
    "periodic" | "ends", "refusal": what "error" says, "columns": [{"knots": [..], "low": ends or null, "high": ends or
    null}, ...]}: the values of a column's B-splines.

    `ends` are [[index, value, slope], ...]: what is not zero beyond the first or last knot.
    """

    gives = float

    def __init__(self, node, builder):
        self.degree = node["degree"]
        self.count = node["count"]
        self.kept = node["kept"]
        self.beyond = node["beyond"]
        self.refusal = node["refusal"]
        self.columns = node["columns"]
        self.width = self.kept * len(self.columns)

    def transform(self, row):
        row = spread(row, len(self.columns))
        check_finite(row)
        found = []
        for value, column in zip(row, self.columns):
            found += self._splines(value, column)[: self.kept]
        return found

    def _splines(self, value, column):
        degree, knots = self.degree, column["knots"]
        first, last = knots[degree], knots[-degree - 1]
        if self.beyond == "periodic":
            value = first + (value - first) % (last - first)
        elif self.beyond != "continue" and not first <= value <= last:
            if self.beyond == "error":
                raise ValueError(self.refusal)
            return self._ends(value, first, last, column)
        out = [0.0] * self.count
        place = min(max(bisect_right(knots, value) - 1, degree), len(knots) - degree - 2)
        parts = basis(value, knots, degree, place)
        total = sum(parts)
        for index, part in enumerate(parts, place - degree):
            if total - total != 0:  # far beyond: the original multiplies what overflowed by zeros as well
                out = [each + part * (other == index % self.count) for other, each in enumerate(out)]
            else:
                out[index % self.count] += part
        return out

    def _ends(self, value, first, last, column):
        out = [0.0] * self.count
        ends, bound = (column["low"], first) if value < first else (column["high"], last)
        for index, height, slope in ends:
            out[index] = height + (value - bound) * slope if slope is not None else height
        return out


def basis(value, knots, degree, place):
    """The degree + 1 splines that are not zero between knots[place] and the next: de Boor's recursion, in SciPy's order."""
    parts = [1.0] + [0.0] * degree
    for order in range(1, degree + 1):
        before = parts[:order]
        parts[0] = 0.0
        for index in range(1, order + 1):
            above, below = knots[place + index], knots[place + index - order]
            if above == below:
                parts[index] = 0.0
                continue
            share = before[index - 1] / (above - below)
            parts[index - 1] += share * (above - value)
            parts[index] = share * (value - below)
    return parts
