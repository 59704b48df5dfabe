"""Naive Bayes and quadratic discriminants."""

import math

from ..unsupported import Unsupported
from .linear import several_classes, weights


def gaussian(estimator, out, columns):
    import numpy

    variances = getattr(estimator, "var_", None)
    if variances is None:  # before 1.0
        variances = estimator.sigma_
    logs = [0.5 * float(numpy.sum(numpy.log(2.0 * numpy.pi * line))) for line in variances]
    prior = numpy.log(estimator.class_prior_).tolist()
    return {
        **{"kind": "gaussian-bayes", "classes": several_classes(estimator)},
        "constants": [one - other for one, other in zip(prior, logs)],
        **{"means": out.doubles(estimator.theta_), "variances": out.doubles(variances)},
    }


def multinomial(estimator, out, columns):
    return _linear(estimator, estimator.feature_log_prob_, estimator.class_log_prior_, out)


def complement(estimator, out, columns):
    import numpy

    return _linear(estimator, estimator.feature_log_prob_, numpy.zeros(len(estimator.classes_)), out)


def bernoulli(estimator, out, columns):
    import numpy

    never = numpy.log(1 - numpy.exp(estimator.feature_log_prob_))
    told = _linear(estimator, estimator.feature_log_prob_ - never, estimator.class_log_prior_ + never.sum(axis=1), out)
    if estimator.binarize is None:
        return told
    return {**told, "kind": "bernoulli-bayes", "above": float(estimator.binarize)}


def _linear(estimator, table, bias, out):
    classes = several_classes(estimator)
    return {"kind": "linear-bayes", "classes": classes, **weights(table, bias, out)}


def categorical(estimator, out, columns):
    tables = [{"count": int(table.shape[1]), "values": out.doubles(table)} for table in estimator.feature_log_prob_]
    classes = several_classes(estimator)
    return {"kind": "categorical-bayes", "classes": classes, "prior": estimator.class_log_prior_.tolist(), "tables": tables}


def quadratic(estimator, out, columns):
    """QuadraticDiscriminantAnalysis."""
    import numpy

    parts = []
    for means, rotation, scaling in zip(estimator.means_, estimator.rotations_, estimator.scalings_):
        axes = (rotation * (scaling**-0.5)).T
        parts.append({"means": out.doubles(means), "axes": out.doubles(axes), "logs": float(numpy.sum(numpy.log(scaling)))})
        if not math.isfinite(parts[-1]["logs"]) or not numpy.isfinite(axes).all():
            raise Unsupported("QuadraticDiscriminantAnalysis of collinear columns has no plain form")
    constants = numpy.log(estimator.priors_).tolist()
    return {"kind": "quadratic", "classes": several_classes(estimator), "constants": constants, "parts": parts}
