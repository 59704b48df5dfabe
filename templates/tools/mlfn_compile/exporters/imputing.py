"""What fills in, or tells, what is missing."""

from ..unsupported import Unsupported
from . import jsonable, width_of


def simple_imputer(estimator, out, columns):
    if getattr(estimator, "_fit_dtype", None) is None:
        raise Unsupported("a SimpleImputer of this version has no plain form")
    number = estimator._fit_dtype.kind != "O"
    width = width_of(estimator)
    indicated = []
    if estimator.add_indicator:
        indicated = [int(place) for place in estimator.indicator_.features_]
    fill = [_filled(value, number) for value in estimator.statistics_]
    return {
        "kind": "impute",
        "columns": width,
        "missing": _missing(estimator.missing_values),
        "number": number,
        "fill": fill,
        "kept": _kept(estimator, fill, width, len(indicated), number),
        "indicated": indicated,
    }


def _filled(value, number):
    if number:
        return float(value)
    (kept,) = jsonable([value])
    return float("nan") if kept is None and value is not None else kept


def _kept(estimator, fill, width, indicated, number):
    """Which columns are left: scikit-learn's versions differ in when those without any value go."""
    import numpy

    row = numpy.empty((1, width), dtype="float64" if number else object)
    missing = _missing(estimator.missing_values)["value"]
    row[0] = [_present(value, missing, number) for value in fill]
    told = estimator.transform(row).shape[1] - indicated
    if told == width:
        return None
    valid = [place for place, value in enumerate(fill) if value == value]
    if told != len(valid):
        raise Unsupported("a SimpleImputer of this version has no plain form")
    return valid


def _present(value, missing, number):
    """A value that is not missing."""
    if not number:
        return value if isinstance(value, str) and value != missing else "a value"
    return value if value == value and value != missing else 1.5


def missing_indicator(estimator, out, columns):
    if estimator.sparse is True:
        raise Unsupported("MissingIndicator(sparse=True) has no plain form")
    strict = estimator.features == "missing-only" and bool(estimator.error_on_new)
    return {
        "kind": "indicate",
        "columns": width_of(estimator),
        "missing": _missing(estimator.missing_values),
        "number": not isinstance(estimator.missing_values, str) and estimator.missing_values is not None,
        "indicated": [int(place) for place in estimator.features_],
        "strict": strict,
    }


def _missing(value):
    if value is None:
        return {"is": "none", "value": None}
    if type(value).__name__ == "NAType":
        return {"is": "na", "value": None}
    if value != value:
        return {"is": "nan", "value": None}
    return {"is": "value", "value": jsonable([value])[0]}
