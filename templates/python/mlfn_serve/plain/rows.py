"""What the evaluators of transformers share: rows that are lists or {index: value}, and what scikit-learn refuses."""


def spread(row, width):
    """A row as a list, whichever of both it is."""
    if type(row) is not dict:
        return row
    found = [0.0] * width
    for index, value in row.items():
        found[index] = value
    return found


def check_finite(row, name="Input X"):
    """Raises ValueError where a number is NaN or infinite."""
    values = row.values() if type(row) is dict else row
    total = sum(values)
    if total - total != 0:
        for value in values:
            if value != value:
                raise ValueError(f"{name} contains NaN.")
            refuse_infinite(value, name)


def check_infinite(row):
    """Raises ValueError where a number is infinite; NaN is taken."""
    values = row.values() if type(row) is dict else row
    total = sum(values)
    if total - total != 0:
        for value in values:
            refuse_infinite(value)


def refuse_infinite(value, name="Input X"):
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{name} contains infinity or a value too large for dtype('float64').")
