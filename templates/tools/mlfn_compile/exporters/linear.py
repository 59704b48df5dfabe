"""Linear models."""

from . import jsonable


def logistic_regression(estimator, out, columns):
    classes = jsonable(estimator.classes_)
    each = estimator.solver == "liblinear" or getattr(estimator, "multi_class", "auto") == "ovr"
    link = "logistic" if each or len(classes) == 2 and getattr(estimator, "multi_class", "auto") != "multinomial" else "softmax"
    return {"kind": "linear-classifier", "classes": classes, "link": link, **_weights(estimator, out)}


def linear_regressor(estimator, out, columns):
    return {"kind": "linear-regressor", "several": estimator.coef_.ndim == 2, **_weights(estimator, out)}


def _weights(estimator, out):
    weights = estimator.coef_.reshape(-1, estimator.coef_.shape[-1])
    bias = estimator.intercept_
    bias = bias.ravel().tolist() if hasattr(bias, "ravel") else [float(bias)]
    return {"width": int(weights.shape[1]), "weights": out.doubles(weights), "bias": bias * (len(weights) // len(bias))}
