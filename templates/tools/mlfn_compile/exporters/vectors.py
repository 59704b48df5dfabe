"""Support vector machines with a linear kernel."""

import math

from ..unsupported import Unsupported
from .linear import several_classes, weights


def classifier(estimator, out, columns):
    """SVC and NuSVC. libsvm's own scores: positive for the first class of a pair."""
    _linear(estimator)
    classes = several_classes(estimator)
    two = len(classes) == 2
    told = weights(-estimator.coef_ if two else estimator.coef_, -estimator.intercept_ if two else estimator.intercept_, out)
    return {
        **{"kind": "vector-classifier", "classes": classes, "shape": estimator.decision_function_shape},
        "ties": bool(estimator.break_ties) and not two and estimator.decision_function_shape == "ovr",
        "platt": _platt(estimator),
        **told,
        **_vectors(estimator, _duals_of_pairs(estimator, len(classes)), out),
    }


def regressor(estimator, out, columns):
    """SVR and NuSVR."""
    _linear(estimator)
    told = weights(estimator.coef_, estimator.intercept_, out)
    return {"kind": "vector-regressor", **told, **_vectors(estimator, [_dense(estimator.dual_coef_)[0].tolist()], out)}


def _linear(estimator):
    name = type(estimator).__name__
    if estimator.kernel != "linear":
        kernel = estimator.kernel if isinstance(estimator.kernel, str) else "its own"
        raise Unsupported(f"{name} with the kernel {kernel} has no plain form")


def _platt(estimator):
    if not estimator.probability:
        return None
    slopes, shifts = (getattr(estimator, name).tolist() for name in ("probA_", "probB_"))
    if not slopes or not all(map(math.isfinite, slopes + shifts)):
        raise Unsupported(f"{type(estimator).__name__} without the fit of its probabilities")
    return [slopes, shifts]


def _dense(values):
    return values.toarray() if hasattr(values, "toarray") else values


def _vectors(estimator, duals, out):
    vectors = _dense(estimator.support_vectors_)
    return {"duals": out.doubles([each for line in duals for each in line]), "vectors": out.doubles(vectors)}


def _duals_of_pairs(estimator, count):
    """For each pair of classes, the factor of every support vector: of two classes' vectors, and nothing of the others."""
    duals = _dense(estimator.dual_coef_)
    ends = [0]
    for each in estimator.n_support_:
        ends.append(ends[-1] + int(each))
    if count == 2:
        return [(-duals[0]).tolist()]
    found = []
    for one in range(count):
        for other in range(one + 1, count):
            line = [0.0] * ends[-1]
            line[ends[one] : ends[one + 1]] = duals[other - 1, ends[one] : ends[one + 1]].tolist()
            line[ends[other] : ends[other + 1]] = duals[one, ends[other] : ends[other + 1]].tolist()
            found.append(line)
    return found
