"""A ColumnTransformer, and a FeatureUnion."""

from operator import itemgetter


class Columns:
    """{"parts": [{"columns": [index, ...] | index, "node": node or null}]}: each part's output beside the one before.

    `columns` is a single index where the part takes the bare value (a text); a part without a node hands its columns on.
    """

    def __init__(self, node, builder):
        self.parts = []
        self.width = 0
        for part in node["parts"]:
            columns = part["columns"]
            made = part["node"] and builder.build(part["node"])
            width = made.width if made else len(columns)
            self.parts.append((_picker(columns), made and made.transform, width))
            self.width += width

    def transform(self, row):
        found = []
        for pick, transform, _ in self.parts:
            taken = pick(row)
            found.append(transform(taken) if transform else taken)
        if any(type(each) is dict for each in found):
            return self._sparse(found)
        return [value for each in found for value in each]

    def _sparse(self, found):
        joined = {}
        start = 0
        for each, (_, _, width) in zip(found, self.parts):
            items = each.items() if type(each) is dict else enumerate(each)
            for index, value in items:
                if value != 0:
                    joined[start + index] = value
            start += width
        return joined


def _picker(columns):
    if not isinstance(columns, list):
        return itemgetter(columns)
    if len(columns) == 1:
        (only,) = columns
        return lambda row: [row[only]]
    return itemgetter(*columns) if columns else lambda row: []
