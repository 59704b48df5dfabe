"""Searches, thresholds, transformed targets: what hands its input to another estimator."""

import math

from ..unsupported import Unsupported
from . import jsonable
from .linear import several_classes


def best(estimator, out, columns):
    """GridSearchCV and its like, and RFE-free wrappers that only hand on."""
    return out.export(estimator.best_estimator_, columns)


def inner(estimator, out, columns):
    """FrozenEstimator, and RANSACRegressor, which keep theirs under other names."""
    return out.export(estimator.estimator_ if hasattr(estimator, "estimator_") else estimator.estimator, columns)


def fixed_threshold(estimator, out, columns):
    held = getattr(estimator, "estimator_", estimator.estimator)
    method = _response(estimator.response_method, held)
    least = {"predict_proba": 0.5, "decision_function": 0.0}[method] if estimator.threshold == "auto" else estimator.threshold
    return _threshold(estimator, held, (method, least, estimator.pos_label), out, columns)


def tuned_threshold(estimator, out, columns):
    label = estimator._curve_scorer._get_pos_label()
    method = _response(estimator.response_method, estimator.estimator_)
    return _threshold(estimator, estimator.estimator_, (method, estimator.best_threshold_, label), out, columns)


def _response(method, held):
    if method != "auto":
        return method
    return "predict_proba" if hasattr(held, "predict_proba") else "decision_function"


def _threshold(estimator, held, rule, out, columns):
    method, least, label = rule
    classes = several_classes(held)
    if len(classes) != 2 or not math.isfinite(least):
        raise Unsupported(f"{type(estimator).__name__} without a threshold of two classes has no plain form")
    place = 1 if label is None else classes.index(jsonable([label])[0])
    rest = {"place": place, "sign": 1 if place else -1, "least": float(least), "labels": [classes[1 - place], classes[place]]}
    return {"kind": "threshold", "node": out.export(held, columns), "method": method, **rest}


def transformed_target(estimator, out, columns):
    node = out.export(estimator.regressor_, columns)
    inverse = _inverse(estimator.transformer_)
    refuses = getattr(estimator.transformer_, "validate", None)  # of a FunctionTransformer; scalers let NaN through
    refuses = False if refuses is None else True if refuses else None
    return {"kind": "target", "node": node, "inverse": inverse, "flat": estimator._training_dim == 1, "refuses": refuses}


def _inverse(transformer):
    from mlfn_serve.plain.target import FUNCTIONS

    kind = type(transformer).__name__
    if kind == "FunctionTransformer":
        function = transformer.inverse_func
        name = "identity" if function is None else getattr(function, "__name__", "")
        known = function is None or type(function).__name__ == "ufunc"
        if not known or name not in FUNCTIONS or transformer.inv_kw_args:
            raise Unsupported(f"TransformedTargetRegressor with the function {name or kind} has no plain form")
        return {"function": name}
    if kind == "StandardScaler":
        count = int(transformer.n_features_in_)
        factor = transformer.scale_.tolist() if transformer.with_std else [1.0] * count
        shift = transformer.mean_.tolist() if transformer.with_mean else [0.0] * count
        return {"factor": factor, "shift": shift, "first": "multiply"}
    if kind == "RobustScaler":
        count = int(transformer.n_features_in_)
        factor = transformer.scale_.tolist() if transformer.with_scaling else [1.0] * count
        shift = transformer.center_.tolist() if transformer.with_centering else [0.0] * count
        return {"factor": factor, "shift": shift, "first": "multiply"}
    if kind == "MinMaxScaler" and not transformer.clip:
        return {"factor": transformer.scale_.tolist(), "shift": transformer.min_.tolist(), "first": "subtract"}
    raise Unsupported(f"TransformedTargetRegressor with {kind} has no plain form")
