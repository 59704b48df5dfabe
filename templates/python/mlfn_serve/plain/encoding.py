"""Encoders of categories."""


class OneHot:
    """{"columns": [{"keys": [category, ...], "drop": index or null}], "unknown": "error" | "ignore"}"""

    def __init__(self, node, builder):
        self.refuses = node["unknown"] == "error"
        self.columns = []
        self.width = 0
        for column in node["columns"]:
            keys = column["keys"]
            places = {}
            for index, key in enumerate(keys):
                if index != column["drop"]:
                    places[_key(key)] = len(places)
            self.columns.append((places, {_key(key) for key in keys}, len(places)))
            self.width += len(places)

    def transform(self, row):
        out = []
        for number, (value, (places, known, width)) in enumerate(zip(row, self.columns)):
            found = [0.0] * width
            key = _key(value)
            place = places.get(key)
            if place is not None:
                found[place] = 1.0
            elif self.refuses and key not in known:
                raise ValueError(f"Found unknown categories [{value!r}] in column {number} during transform")
            out += found
        return out


def _key(value):
    """What is missing is one category, whatever it is written as."""
    return None if value is None or value != value else value
