"""Support vector machines, as libsvm computes them: a kernel of the row and each support vector, summed."""

from ..exporters.linear import several_classes
from ..exporters.vectors import _dense, _duals_of_pairs, _platt
from ..unsupported import Unsupported
from .build import Build

UNIT = 2.0**-53
LOST = 1e-12


def classifier(estimator, out):
    """SVC and NuSVC. libsvm's own scores: positive for the first class of a pair."""
    classes = several_classes(estimator)
    two = len(classes) == 2
    return {
        **{"kind": "graph-pairs", "classes": classes, "shape": estimator.decision_function_shape, "platt": _platt(estimator)},
        "ties": bool(estimator.break_ties) and not two and estimator.decision_function_shape == "ovr",
        **_sums(estimator, _duals_of_pairs(estimator, len(classes)), -estimator.intercept_ if two else estimator.intercept_, out),
    }


def regressor(estimator, out):
    """SVR and NuSVR."""
    return {"kind": "graph-values", "several": False, **_sums(estimator, _dense(estimator.dual_coef_), estimator.intercept_, out)}


def _sums(estimator, duals, bias, out):
    vectors = _dense(estimator.support_vectors_)
    count, width = vectors.shape
    build = Build({"x": [None, width], "vectors": [count, width], "duals": [len(duals), count], "bias": [len(duals)]})
    factors = build.add("Transpose", "duals", perm=[1, 0])
    scores = build.add("Add", build.add("MatMul", _kernel(estimator, build), factors), "bias")
    cells = count * width if estimator.kernel == "rbf" and not _is_level(estimator) else count
    return out.graph(build.model(scores), width, cells, {"vectors": vectors, "duals": duals, "bias": bias})


def _kernel(estimator, build):
    """[rows, support vectors]"""
    kernel, gamma = estimator.kernel, float(estimator._gamma)
    if kernel == "rbf":
        return build.add("Exp", build.add("Mul", _squares(estimator, build), build.number(-gamma)))
    if kernel not in ("linear", "poly", "sigmoid"):
        named = f"the kernel {kernel}" if isinstance(kernel, str) else "a kernel of its own"
        raise Unsupported(f"{type(estimator).__name__} with {named} has no graph")
    products = build.add("MatMul", "x", build.add("Transpose", "vectors", perm=[1, 0]))
    if kernel == "linear":
        return products
    moved = build.add("Add", build.add("Mul", products, build.number(gamma)), build.number(float(estimator.coef0)))
    return build.add("Tanh", moved) if kernel == "sigmoid" else build.add("Pow", moved, build.number(float(estimator.degree)))


def _is_level(estimator):
    """Whether |x|^2 - 2 x.s + |s|^2, which is quicker, loses nothing that counts: not far from zero, beside what lies apart."""
    vectors = _dense(estimator.support_vectors_)
    return estimator._gamma * (vectors**2).sum(axis=1).max() * vectors.shape[1] * UNIT < LOST


def _squares(estimator, build):
    """How far each row is from each support vector, squared."""
    if not _is_level(estimator):
        return build.add("ReduceSumSquare", build.apart("vectors"), build.number([2]), keepdims=0)
    own = build.add("ReduceSumSquare", "x", build.number([1]), keepdims=1)
    others = build.add("ReduceSumSquare", "vectors", build.number([1]), keepdims=0)
    products = build.add("MatMul", "x", build.add("Transpose", "vectors", perm=[1, 0]))
    apart = build.add("Sub", build.add("Add", own, others), build.add("Mul", products, build.number(2.0)))
    # Beyond the largest number nothing is near, also where infinity less infinity is no number.
    return build.add("Where", build.add("IsInf", own), own, build.add("Max", apart, build.number(0.0)))
