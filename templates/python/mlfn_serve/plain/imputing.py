"""Missing values: filled in, and told of."""

from .rows import check_finite, check_infinite, spread

TYPES = {"float": float, "bool": bool, "object": None}


class _Missing:
    """{"width", "missing": {"is": "nan" | "none" | "na" | "value", "value"}, "number": whether columns hold numbers alone}"""

    def __init__(self, node):
        self.columns = node["columns"]
        told = node["missing"]
        kind, missing = told["is"], told["value"]
        self.is_missing = {
            "nan": lambda value: value != value,
            "none": lambda value: value is None,
            "na": lambda value: value is None or value != value,
            "value": lambda value: value == missing,
        }[kind]
        allows = kind in ("nan", "na")
        self.check = (check_infinite if allows else check_finite) if node["number"] else None if allows else _check_objects

    def mask(self, row):
        if self.check:
            self.check(row)
        return list(map(self.is_missing, row))


class Impute(_Missing):
    """{"columns", "fill": [value of each column], "kept": [index, ...] or null, "indicated": [index, ...], ...}: the values of
    those columns that are kept, then a one or a zero for each of those that are indicated."""

    def __init__(self, node, builder):
        super().__init__(node)
        self.fill = node["fill"]
        self.kept = node["kept"]
        self.indicated = node["indicated"]
        self.gives = float if node["number"] else None
        self.width = (self.columns if self.kept is None else len(self.kept)) + len(self.indicated)

    def transform(self, row):
        row = spread(row, self.columns)
        mask = self.mask(row)
        found = [fill if missing else value for value, missing, fill in zip(row, mask, self.fill)]
        if self.kept is not None:
            found = [found[place] for place in self.kept]
        if not self.indicated:
            return found
        told = float if self.gives else bool
        return found + [told(mask[place]) for place in self.indicated]


class Indicate(_Missing):
    """{"columns", "indicated": [index, ...], "strict": whether others may not be missing, ...}"""

    gives = bool

    def __init__(self, node, builder):
        super().__init__(node)
        self.indicated = node["indicated"]
        self.others = [place for place in range(self.columns) if place not in self.indicated] if node["strict"] else []
        self.width = len(self.indicated)

    def transform(self, row):
        mask = self.mask(spread(row, self.columns))
        new = [place for place in self.others if mask[place]]
        if new:
            places = " ".join(map(str, new))
            raise ValueError(f"The features [{places}] have missing values in transform but have no missing values in fit.")
        return [mask[place] for place in self.indicated]


def _check_objects(row):
    if any(value != value for value in row):
        raise ValueError("Input contains NaN")
