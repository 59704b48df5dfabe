"""One module for each family of estimators, as in mlfn_serve/plain."""

from ..unsupported import Unsupported


def listed(values):
    """A NumPy array, or None, as plain Python values."""
    return None if values is None else values.tolist()


def jsonable(values):
    """Categories or classes as JSON values: texts, numbers, booleans; what is missing as None."""
    found = []
    for value in values:
        value = value.item() if hasattr(value, "item") else value
        if value is None or value != value:
            value = None
        elif not isinstance(value, (str, int, float, bool)):
            raise Unsupported(f"a category is a {type(value).__name__}")
        found.append(value)
    return found


def width_of(estimator):
    """How many columns an estimator takes."""
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise Unsupported(f"a {type(estimator).__name__} does not tell how many columns it takes")
    return int(width)


def number_type(dtype, name):
    """`float`, `int` or `bool`: the Python type of what an array of a dtype holds. Narrow ones would round or overflow."""
    import numpy

    dtype = numpy.dtype(dtype)
    found = {"f8": "float", "i8": "int", "i4": "int", "b1": "bool"}.get(f"{dtype.kind}{dtype.itemsize}")
    if found is None:
        raise Unsupported(f"{name}(dtype={dtype.name}) has no plain form")
    return found
