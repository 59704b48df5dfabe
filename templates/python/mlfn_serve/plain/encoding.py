"""Encoders of categories: what each category becomes was asked of the original when it was exported."""

from .rows import check_finite, spread

TYPES = {"float": float, "int": int, "bool": bool}
NAN = object()


def keyed(value):
    """NaN is equal to itself here, and not to None."""
    return value if value == value else NAN


class OneHot:
    """{"columns": [{"keys": [category, ...], "places": [index or null, ...], "unknown": index, null or "refused",
    "shown": how an unknown one is written}], "width",
    "gives": "float" | "int" | "bool"}: a one at the category's place of all places."""

    def __init__(self, node, builder):
        self.width = node["width"]
        self.gives = TYPES[node["gives"]]
        self.one = self.gives(1)
        self.columns = []
        for column in node["columns"]:
            places = dict(zip(map(keyed, column["keys"]), column["places"]))
            self.columns.append((places, column["unknown"]))
        self.shown = [column["shown"] for column in node["columns"]]
        self.zeros = None if self.width > 8 * len(self.columns) else [self.gives(0)] * self.width

    def transform(self, row):
        out = {} if self.zeros is None else self.zeros.copy()
        for number, (value, (places, unknown)) in enumerate(zip(row, self.columns)):
            place = places.get(value if value == value else NAN, unknown)
            if place == "refused":
                refuse(value, number, self.shown)
            if place is not None:
                out[place] = self.one
        return out


class Table:
    """{"columns": [{"keys": [category, ...], "values": [[number, ...], ...], "unknown": [number, ...] or null, "shown"}],
    "gives"}: numbers for each category, as OrdinalEncoder and TargetEncoder give them."""

    def __init__(self, node, builder):
        self.gives = TYPES[node["gives"]]
        self.width = 0
        self.columns = []
        for column in node["columns"]:
            values = dict(zip(map(keyed, column["keys"]), column["values"]))
            self.columns.append((values, column["unknown"]))
            self.width += len(column["values"][0])
        self.shown = [column["shown"] for column in node["columns"]]

    def transform(self, row):
        out = []
        for number, (value, (values, unknown)) in enumerate(zip(row, self.columns)):
            found = values.get(value if value == value else NAN, unknown)
            if found is None:
                refuse(value, number, self.shown)
            out += found
        return out


def refuse(value, number, shown):
    raise ValueError(f"Found unknown categories [{shown[number].format(value)}] in column {number} during transform")


class Bins:
    """{"edges": [[inner edge, ...] of each column], "one-hot": bool}: the number of the bin that a value lies in."""

    gives = float

    def __init__(self, node, builder):
        from bisect import bisect_right

        self.bin = bisect_right
        self.edges = node["edges"]
        self.starts = None
        self.width = self.count = len(self.edges)
        if node["one-hot"]:
            self.starts = []
            self.width = 0
            for edges in self.edges:
                self.starts.append(self.width)
                self.width += len(edges) + 1

    def transform(self, row):
        row = spread(row, self.count)
        check_finite(row)
        bins = list(map(self.bin, self.edges, row))
        if self.starts is None:
            return list(map(float, bins))
        return {start + place: 1.0 for start, place in zip(self.starts, bins)}
