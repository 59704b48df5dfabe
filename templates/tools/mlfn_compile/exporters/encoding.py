"""Encoders of categories: the fitted encoder is asked what each category becomes."""

from ..unsupported import Unsupported
from . import jsonable, number_type, width_of

CHUNK = 256
UNHEARD = "\u2063 no category is called this \u2063"
SAFE = 2**53  # above, a float64 column does not tell integers apart


def one_hot_encoder(estimator, out, columns):
    gives = number_type(estimator.dtype, "OneHotEncoder")
    widths = _widths(estimator)
    made = []
    start = 0
    refused = estimator.handle_unknown == "error"
    answers, unknown = _asked(estimator, not refused)
    for number, (categories, width) in enumerate(zip(estimator.categories_, widths)):
        places = [_one(row, start, width) for row in answers[number]]
        place = "refused" if refused else _one(unknown, start, width)
        made.append({"keys": _keys(categories), "shown": _shown(categories), "places": places, "unknown": place})
        start += width
    return {"kind": "one-hot", "columns": made, "width": start, "gives": gives}


def _widths(estimator):
    found = getattr(estimator, "_n_features_outs", None)
    if found is None and hasattr(estimator, "_compute_n_features_outs"):
        found = estimator._compute_n_features_outs()  # scikit-learn 1.1
    if found is None:
        drops = [None] * len(estimator.categories_) if estimator.drop_idx_ is None else estimator.drop_idx_
        found = [len(each) - (drop is not None) for each, drop in zip(estimator.categories_, drops)]
    return [int(width) for width in found]


def _one(row, start, width):
    """Where in its columns a category puts its one."""
    ones = [start + index for index, value in enumerate(row[start : start + width]) if value]
    if len(ones) > 1:
        raise Unsupported("an OneHotEncoder gives more than a one for a category")
    return ones[0] if ones else None


def ordinal_encoder(estimator, out, columns):
    return _table(estimator, estimator.handle_unknown != "error", number_type(estimator.dtype, "OrdinalEncoder"), 1)


def target_encoder(estimator, out, columns):
    return _table(estimator, True, "float", len(estimator.classes_) if estimator.target_type_ == "multiclass" else 1)


def _table(estimator, open_, gives, width):
    answers, unknown = _asked(estimator, open_)
    made = []
    for number, categories in enumerate(estimator.categories_):
        taken = slice(number * width, (number + 1) * width)
        values = [row[taken] for row in answers[number]]
        made.append(
            {
                "keys": _keys(categories),
                "shown": _shown(categories),
                "values": values,
                "unknown": unknown[taken] if open_ else None,
            }
        )
    return {"kind": "table", "columns": made, "gives": gives}


def _asked(estimator, open_):
    """([[what the encoder makes of each category of a column] of each column], what it makes of unknown ones)."""
    import numpy

    width_of(estimator)
    categories = [list(each) for each in estimator.categories_]
    longest = max(map(len, categories))
    answers = [[] for _ in categories]
    for begin in range(0, longest, CHUNK):
        rows = numpy.empty((min(CHUNK, longest - begin), len(categories)), dtype=object)
        for column, each in enumerate(categories):
            for index in range(len(rows)):
                rows[index, column] = each[min(begin + index, len(each) - 1)]
        for index, told in enumerate(_transformed(estimator, rows)):
            for column, each in enumerate(categories):
                if begin + index < len(each):
                    answers[column].append(told)
    if not open_:
        return answers, None
    unknown = numpy.empty((1, len(categories)), dtype=object)
    unknown[:] = UNHEARD
    return answers, _transformed(estimator, unknown)[0]


def _transformed(estimator, rows):
    try:
        told = estimator.transform(rows)
    except Exception as error:
        raise Unsupported(f"{type(estimator).__name__} does not take its own categories: {error}") from error
    told = told.toarray() if hasattr(told, "toarray") else told
    return (told.to_numpy() if hasattr(told, "to_numpy") else told).tolist()


def _shown(categories):
    """How NumPy writes an unknown number: its versions differ."""
    import numpy

    return repr(numpy.float64(1.5)).replace("1.5", "{!r}") if categories.dtype.kind in "iuf" else "{!r}"


def _keys(categories):
    """NaN and None are two categories."""
    keys = jsonable(categories)
    if any(type(key) is int and abs(key) > SAFE for key in keys):
        raise Unsupported("a category is an integer that a float64 does not hold")
    return [float("nan") if key is None and value is not None else key for key, value in zip(keys, categories)]
