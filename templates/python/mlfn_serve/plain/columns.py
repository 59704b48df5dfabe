"""A ColumnTransformer, and a FeatureUnion."""

from operator import itemgetter

WIDEST = (bool, int, float)


class Columns:
    """{"parts": [{"columns": [index, ...] | index | null, "node": node or null, "weight": number or null}]}: each part's
    output beside the one before.

    `columns` is a single index where the part takes the bare value (a text), null where it takes the whole row; a part
    without a node hands its columns on.
    """

    def __init__(self, node, builder):
        self.parts = []
        self.width = 0
        gives = set()
        for part in node["parts"]:
            columns = part["columns"]
            made = part["node"] and builder.build(part["node"])
            width = made.width if made else len(columns)
            self.parts.append((_picker(columns), made and made.transform, width, part.get("weight")))
            self.width += width
            gives.add(made.gives if made else builder.passed)
        # What a stack of arrays of these types holds: the widest; None is objects, each as it came.
        self.gives = None if None in gives else max(gives, key=WIDEST.index, default=float)

    def transform(self, row):
        found = []
        sparse = False
        for pick, transform, _, weight in self.parts:
            taken = pick(row) if pick else row
            if transform:
                taken = transform(taken)
            if weight is not None:
                taken = _times(taken, weight)
            sparse = sparse or type(taken) is dict
            found.append(taken)
        return self._sparse(found) if sparse else [value for each in found for value in each]

    def _sparse(self, found):
        joined = {}
        start = 0
        for each, part in zip(found, self.parts):
            items = each.items() if type(each) is dict else enumerate(each)
            for index, value in items:
                if value != 0:
                    joined[start + index] = value
            start += part[2]
        return joined


class Select:
    """{"places": [index, ...], "width", "finite", "then": node or null}: those columns of the row.

    `finite` is true where the original refuses NaN and infinity, in the columns that it leaves out too; `then` is what
    predicts from the columns that are left.
    """

    def __init__(self, node, builder):
        from .rows import check_finite

        self.gives = builder.passed
        places = node["places"]
        self.width = len(places)
        self.pick = _picker(places)
        self.position = {place: index for index, place in enumerate(places)}
        self.check = check_finite if node["finite"] else None
        if node["then"]:
            then = builder.build(node["then"])
            for name in ("predict", "predict_proba", "decision_function", "answer"):
                if hasattr(then, name):
                    setattr(self, name, _after(self.transform, getattr(then, name)))

    def transform(self, row):
        if self.check:
            self.check(row)
        if type(row) is dict:
            position = self.position
            return {position[index]: value for index, value in row.items() if index in position}
        return self.pick(row)


def _after(transform, function):
    return lambda row: function(transform(row))


def _times(row, weight):
    if type(row) is dict:
        return {index: value * weight for index, value in row.items()}
    return [value * weight for value in row]


def _picker(columns):
    """Positions out of a row, which may be a dict; None for all of it."""
    if columns is None:
        return None
    if not isinstance(columns, list):
        return itemgetter(columns)
    taken = itemgetter(*columns) if len(columns) > 1 else _few(columns)
    return lambda row: taken(row) if type(row) is not dict else [row.get(column, 0.0) for column in columns]


def _few(columns):
    if not columns:
        return lambda row: []
    (only,) = columns
    return lambda row: [row[only]]
