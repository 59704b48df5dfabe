"""Bagging and AdaBoost, over whatever has a plain form itself."""

import copy

from ..layout import refusals
from ..unsupported import Unsupported
from . import jsonable


def bagging_classifier(estimator, out, columns):
    votes = not hasattr(estimator.estimators_[0], "predict_proba")
    known = [[int(each) for each in part.classes_] for part in estimator.estimators_]
    about = {"classes": jsonable(estimator.classes_), "known": known, "votes": votes}
    return {"kind": "bagging-classifier", **about, **_bagged(estimator, out)}


def bagging_regressor(estimator, out, columns):
    return {"kind": "bagging-regressor", **_bagged(estimator, out)}


def ada_boost_classifier(estimator, out, columns):
    classes = jsonable(estimator.classes_)
    if len(classes) < 2:
        raise Unsupported("AdaBoost of a single class has no plain form")
    parts = [out.export(part) for part in estimator.estimators_]
    for part in estimator.estimators_:
        if len(part.classes_) != len(classes) and getattr(estimator, "algorithm", None) == "SAMME.R":
            raise Unsupported("AdaBoost of estimators that know other classes has no plain form")
    weights = estimator.estimator_weights_
    about = {"classes": classes, "total": float(weights.sum()), "other": _other(estimator)}
    return {"kind": "ada-boost-classifier", "parts": parts, "weights": weights.tolist(), "refuses": refusals(estimator), **about}


def ada_boost_regressor(estimator, out, columns):
    parts = [out.export(part) for part in estimator.estimators_]
    weights = estimator.estimator_weights_.tolist()
    return {"kind": "ada-boost-regressor", "parts": parts, "weights": weights, "refuses": refusals(estimator)}


def _bagged(estimator, out):
    width = int(estimator.n_features_in_)
    everything = list(range(width))
    features = [each.tolist() for each in estimator.estimators_features_]
    return {
        "width": width,
        "parts": [out.export(part) for part in estimator.estimators_],
        "features": [None if each == everything else each for each in features],
    }


def _other(estimator):
    """What a weight counts for the classes that a part did not tell: the first part alone is asked, as scikit-learn changed
    it from none to a share of the weight."""
    import numpy

    if getattr(estimator, "algorithm", "SAMME") == "SAMME.R":
        return None
    alone = copy.copy(estimator)
    alone.estimators_ = estimator.estimators_[:1]
    alone.estimator_weights_ = numpy.ones(1)
    told = alone.decision_function(numpy.zeros((1, estimator.n_features_in_)))
    count = len(estimator.classes_)
    shared = abs(told[0]) > 1.5 if count == 2 else told.min() < 0
    return -1 / (count - 1) if shared else 0.0
