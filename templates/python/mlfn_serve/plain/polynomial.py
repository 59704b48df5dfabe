"""PolynomialFeatures."""

from .rows import check_finite, spread


class Polynomial:
    """{"columns", "firsts": [..], "rests": [..], "kept": [..] or null}: products of columns. Product n is the column
    firsts[n] times product rests[n]; rests[n] is -1 where nothing follows, firsts[n] is -1 for the constant 1.

    The order of the multiplications is the original's, so that their rounding is.
    """

    gives = float

    def __init__(self, node, builder):
        self.columns = node["columns"]
        self.pairs = list(zip(builder.list(node["firsts"]), builder.list(node["rests"])))
        self.kept = node["kept"] and builder.list(node["kept"])
        self.width = len(self.kept if self.kept is not None else self.pairs)

    def transform(self, row):
        row = spread(row, self.columns)
        check_finite(row)
        found = []
        for first, rest in self.pairs:
            if rest >= 0:
                found.append(row[first] * found[rest])
            else:
                found.append(row[first] if first >= 0 else 1.0)
        return found if self.kept is None else [found[place] for place in self.kept]
