"""Voting, stacking and calibration."""

from ..unsupported import Unsupported
from . import jsonable
from .linear import several_classes


def voting_classifier(estimator, out, columns):
    parts = [out.export(part, columns) for part in _voters(estimator)]
    kind = "soft-voting" if estimator.voting == "soft" else "hard-voting"
    return {"kind": kind, "classes": several_classes(estimator), "parts": parts, "shares": _shares(estimator)}


def voting_regressor(estimator, out, columns):
    parts = [out.export(part, columns) for part in _voters(estimator)]
    return {"kind": "mean-voting", "parts": parts, "shares": _shares(estimator)}


def _voters(estimator):
    return [part for part in estimator.estimators_ if not isinstance(part, str)]


def _shares(estimator):
    shares = estimator._weights_not_none
    return None if shares is None else [float(share) for share in shares]


def stacking_classifier(estimator, out, columns):
    encoder = getattr(estimator, "_label_encoder", None) or getattr(estimator, "_le", None)
    if encoder is None or isinstance(encoder, list):
        raise Unsupported("StackingClassifier of several outputs has no plain form")
    return {**_stacking(estimator, out, columns), "classes": several_classes(estimator)}


def stacking_regressor(estimator, out, columns):
    return {**_stacking(estimator, out, columns), "classes": None}


def _stacking(estimator, out, columns):
    parts = []
    asked = [part for part in estimator.estimators_ if not isinstance(part, str)]
    for part, method in zip(asked, [method for method in estimator.stack_method_ if method]):
        classes = getattr(part, "classes_", None) if method == "predict" else None
        if classes is not None and any(isinstance(each, str) for each in jsonable(classes)):
            raise Unsupported("a stack that hands labels on has no plain form")
        drop = method == "predict_proba" and len(estimator.classes_) == 2
        parts.append({"node": out.export(part, columns), "method": method, "drop": drop})
    final = out.export(estimator.final_estimator_)
    return {"kind": "stacking", "parts": parts, "passthrough": bool(estimator.passthrough), "final": final}


def calibrated(estimator, out, columns):
    """CalibratedClassifierCV."""
    classes = several_classes(estimator)
    parts = []
    for each in estimator.calibrated_classifiers_:
        inner = getattr(each, "estimator", None) or each.base_estimator
        curves = [_curve(calibrator, out) for calibrator in each.calibrators]
        known = jsonable(inner.classes_)
        places = [classes.index(label) for label in known]
        method = "decision_function" if hasattr(inner, "decision_function") else "predict_proba"
        if len(known) == 2 != len(classes):
            raise Unsupported("CalibratedClassifierCV with a part that knows two of several classes has no plain form")
        parts.append({"node": out.export(inner, columns), "method": method, "places": places, "curves": curves})
    return {"kind": "calibrated", "classes": classes, "parts": parts}


def _curve(calibrator, out):
    if hasattr(calibrator, "a_"):
        return {"a": float(calibrator.a_), "b": float(calibrator.b_)}
    if not hasattr(calibrator, "X_thresholds_"):
        raise Unsupported(f"calibration by {type(calibrator).__name__} has no plain form")
    if calibrator.X_thresholds_.dtype != "float64":
        raise Unsupported(f"IsotonicRegression of {calibrator.X_thresholds_.dtype} has no plain form")
    if calibrator.out_of_bounds == "raise":
        raise Unsupported("IsotonicRegression(out_of_bounds='raise') has no plain form")
    clip = calibrator.out_of_bounds == "clip"
    return {"x": out.doubles(calibrator.X_thresholds_), "y": out.doubles(calibrator.y_thresholds_), "clip": clip}
