"""One module for each family of estimators, as in mlfn_serve/plain."""


def listed(values):
    """A NumPy array, or None, as plain Python values."""
    return None if values is None else values.tolist()


def jsonable(values):
    """Categories or classes as JSON values: texts, numbers, booleans; what is missing as None."""
    from ..unsupported import Unsupported

    found = []
    for value in values:
        value = value.item() if hasattr(value, "item") else value
        if value is None or value != value:
            value = None
        elif not isinstance(value, (str, int, float, bool)):
            raise Unsupported(f"a category is a {type(value).__name__}")
        found.append(value)
    return found
