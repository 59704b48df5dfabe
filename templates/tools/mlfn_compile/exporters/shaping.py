"""What changes the shape of a column, or makes more of it."""

from ..unsupported import Unsupported
from . import number_type, width_of
from .scaling import standard_scaler


def power_transformer(estimator, out, columns):
    if getattr(estimator.lambdas_, "itemsize", 8) != 8:  # what it subtracts from 2 is rounded to 32 bits
        raise Unsupported("a PowerTransformer that was fitted on float32 has no plain form")
    form = "box-cox"
    if estimator.method == "yeo-johnson":
        # scikit-learn's own formula, until it took SciPy's.
        form = "power" if hasattr(estimator, "_yeo_johnson_transform") else "expm1"
    node = {"kind": "power", "powers": [float(power) for power in estimator.lambdas_], "form": form}
    if not estimator.standardize:
        return node
    return {"kind": "chain", "steps": [node, standard_scaler(estimator._scaler, out, None)]}


def quantile_transformer(estimator, out, columns):
    clip = None
    if estimator.output_distribution == "normal":
        clip = _normal_bounds()
    count, width = estimator.quantiles_.shape
    return {
        "kind": "quantile",
        "width": int(width),
        "count": int(count),
        "quantiles": out.doubles(estimator.quantiles_.T),
        "references": out.doubles(estimator.references_),
        "clip": clip,
    }


def _normal_bounds():
    from numpy import spacing
    from scipy.stats import norm

    bound = 1e-7 - spacing(1)
    return [float(norm.ppf(bound)), float(norm.ppf(1 - bound))]


def polynomial_features(estimator, out, columns):
    powers = getattr(estimator, "powers_", None)
    if powers is None:
        raise Unsupported("PolynomialFeatures does not tell its powers")
    wanted = [tuple(column for column, power in enumerate(row) for _ in range(power)) for row in powers.tolist()]
    places = {}
    for product in wanted:
        for length in range(min(len(product), 1), len(product) + 1):
            tail = product[len(product) - length :]
            places.setdefault(tail, len(places))
    whole = list(places) == wanted
    return {
        "kind": "polynomial",
        "columns": width_of(estimator),
        "firsts": out.integers([product[0] if product else -1 for product in places]),
        "rests": out.integers([places[product[1:]] if len(product) > 1 else -1 for product in places]),
        "kept": None if whole else out.integers([places[product] for product in wanted]),
    }


def k_bins_discretizer(estimator, out, columns):
    if estimator.dtype is not None:
        number_type(estimator.dtype, "KBinsDiscretizer")
    edges = [edges[1:-1].tolist() for edges in estimator.bin_edges_]
    _check_bins(estimator, edges)
    return {"kind": "bins", "edges": edges, "one-hot": estimator.encode != "ordinal"}


def _check_bins(estimator, edges):
    """scikit-learn before 1.1 put what lies just below an edge into the bin above it."""
    import numpy

    longest = max(map(len, edges), default=0)
    if not longest:
        return
    rows = numpy.array([[each[index % len(each)] if each else 0.0 for each in edges] for index in range(longest)])
    from copy import copy

    plain = copy(estimator)
    plain.encode = "ordinal"
    for asked in (rows, numpy.nextafter(rows, -numpy.inf), numpy.nextafter(rows, numpy.inf)):
        expected = [[float(numpy.searchsorted(each, value, side="right")) for each, value in zip(edges, row)] for row in asked]
        if numpy.asarray(plain.transform(asked)).tolist() != expected:
            raise Unsupported("a KBinsDiscretizer of this version has no plain form")


def function_transformer(estimator, out, columns):
    from mlfn_serve.plain.functions import FUNCTIONS

    function = estimator.func
    if function is None:
        width = width_of(estimator)
        part = {"columns": list(range(width)), "node": None}
        return {"kind": "columns", "parts": [part]}
    named = type(function).__name__ == "ufunc" and type(function).__module__ == "numpy"
    if not named or function.__name__ not in FUNCTIONS or estimator.kw_args:
        told = getattr(function, "__name__", type(function).__name__)
        raise Unsupported(f"FunctionTransformer({told}) has no plain form")
    # Before scikit-learn 1.2 it did not count the columns itself.
    counted = columns is not None and not hasattr(estimator, "n_features_in_")
    return {
        "kind": "function",
        "width": len(columns) if counted else width_of(estimator),
        "name": function.__name__,
        "finite": bool(estimator.validate),
    }
