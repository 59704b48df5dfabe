"""What leaves columns out, and what projects them."""

from ..unsupported import Unsupported
from . import listed


def selector(estimator, out, columns):
    """The columns that are left."""
    return {
        "kind": "select",
        "places": [int(place) for place in estimator.get_support(indices=True)],
        "finite": not _takes_missing(estimator),
        "then": None,
    }


def selecting_predictor(estimator, out, columns):
    """RFE and RFECV: what is left, and what predicts from it."""
    node = selector(estimator, out, columns)
    names = [columns[place] for place in node["places"]] if columns else None
    return {**node, "then": out.export(estimator.estimator_, names)}


def _takes_missing(estimator):
    if hasattr(estimator, "__sklearn_tags__"):
        return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
    try:
        from sklearn.utils._tags import _safe_tags
    except ImportError:
        raise Unsupported(f"{type(estimator).__name__} of this version has no plain form") from None
    return bool(_safe_tags(estimator, key="allow_nan"))


def pca(estimator, out, columns):
    import inspect

    components = estimator.components_
    mean = getattr(estimator, "mean_", None)
    # Which comes first was turned round in scikit-learn 1.5: that it is asked of the code keeps the rounding the same.
    method = getattr(estimator, "_transform", estimator.transform)
    after = "x_is_centered" in inspect.signature(method).parameters
    scale = None
    if estimator.whiten:
        scale = _scale(estimator, after)
    return {
        "kind": "project",
        "width": int(components.shape[0]),
        "weights": out.doubles(components.T),
        "sparse": False,
        "before": None if after else listed(mean),
        "after": (mean.reshape(1, -1) @ components.T)[0].tolist() if after else None,
        "scale": scale,
    }


def _scale(estimator, clipped):
    import numpy

    scale = numpy.sqrt(estimator.explained_variance_)
    if clipped:
        scale = numpy.maximum(scale, numpy.finfo(scale.dtype).eps)
    return scale.tolist()


def truncated_svd(estimator, out, columns):
    components = estimator.components_
    return {
        "kind": "project",
        "width": int(components.shape[0]),
        "weights": out.doubles(components.T),
        "sparse": components.shape[1] > 500,
        "before": None,
        "after": None,
        "scale": None,
    }
