"""Categories as the numbers that a booster's own encoder, or pandas, gave them."""

NAN = float("nan")


class Recode:
    """{"columns": [[index, [category, ...] or null], ...]}: a column without categories goes on as it is; what is missing
    or unknown is NaN."""

    def __init__(self, node, builder):
        self.columns = []
        for index, keys in node["columns"]:
            codes = None if keys is None else {key: float(code) for code, key in enumerate(keys) if key is not None}
            self.columns.append((index, codes))
        self.width = len(self.columns)

    def transform(self, row):
        return [row[index] if codes is None else codes.get(row[index], NAN) for index, codes in self.columns]
