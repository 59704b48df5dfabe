"""Constant answers and nearest centres."""

from ..unsupported import Unsupported
from . import jsonable
from .linear import weights


def dummy(estimator, out, columns):
    """DummyClassifier and DummyRegressor: whatever they are asked, they say the same; so it is asked here."""
    import numpy

    if estimator.strategy in ("stratified", "uniform"):
        raise Unsupported(f"{type(estimator).__name__} draws lots")
    row = numpy.zeros((1, int(estimator.n_features_in_)))
    chances = None
    if hasattr(estimator, "predict_proba"):
        chances = estimator.predict_proba(row)
        chances = [each[0].tolist() for each in chances] if isinstance(chances, list) else chances[0].tolist()
    return {"kind": "constant", "prediction": _told(estimator.predict(row)), "probabilities": chances, "score": None}


def _told(predictions):
    first = predictions[0]
    return [jsonable([each])[0] for each in first] if getattr(first, "ndim", 0) else jsonable([first])[0]


def constant_predictor(estimator, out, columns):
    """What stands for a class that all or none of the training rows had."""
    import numpy

    row = numpy.zeros((1, 1))
    estimator = type(estimator)().fit(row, estimator.y_)
    chances = estimator.predict_proba(row)[0].tolist()
    score = estimator.decision_function(row)[0].item()
    return {"kind": "constant", "prediction": _told(estimator.predict(row)), "probabilities": chances, "score": score}


def clusters(estimator, out, columns):
    """KMeans and MiniBatchKMeans."""
    centres = estimator.cluster_centers_
    if centres.dtype != "float64":
        raise Unsupported(f"{type(estimator).__name__} of {centres.dtype} has no plain form")
    return {"kind": "clusters", **weights(-2.0 * centres, (centres**2).sum(axis=1), out)}
