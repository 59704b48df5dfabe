"""Nearest neighbours: the graph finds them, and how far they are."""

import sys

from ..exporters import jsonable
from ..exporters.vectors import _dense
from ..unsupported import Unsupported
from .build import Build

# Of more numbers the distances are first told by products, and those of the nearest then exactly.
DIRECT = 1 << 14
# So many more are looked at as rounding may put in a wrong order.
SPARE = 32
# Metric -> the power that its sums are of.
POWERS = {"euclidean": 2, "l2": 2, "sqeuclidean": 2, "manhattan": 1, "l1": 1, "cityblock": 1, "chebyshev": 0}


def classifier(estimator, out):
    """KNeighborsClassifier."""
    if estimator.outputs_2d_:
        raise Unsupported("KNeighborsClassifier of several outputs has no graph")
    classes = jsonable(estimator.classes_)
    return {"kind": "neighbour-classifier", "classes": classes, "values": out.integers(estimator._y), **_found(estimator, out)}


def regressor(estimator, out):
    """KNeighborsRegressor."""
    values = estimator._y.reshape(len(estimator._y), -1)
    about = {"outputs": int(values.shape[1]), "several": estimator._y.ndim == 2, "values": out.doubles(values.astype("float64"))}
    return {"kind": "neighbour-regressor", **about, **_found(estimator, out)}


def _found(estimator, out):
    name = type(estimator).__name__
    if estimator.weights not in ("uniform", "distance"):
        raise Unsupported(f"{name} with weights of its own has no graph")
    table = _dense(estimator._fit_X)
    count, width = table.shape
    power = power_of(estimator)
    root = 1 if estimator.effective_metric_ == "sqeuclidean" else max(power, 1)
    # Nothing is as far as infinity to the search by brute force: the first row stays the nearest, at the largest number.
    far = sys.float_info.max if estimator._fit_method == "brute" else None
    about = {"root": root, "weighed": estimator.weights == "distance", "far": far}
    near = min(int(estimator.n_neighbors), count)
    if power == 2 and estimator._fit_method == "brute":
        model, feeds, cells = _as_by_force(table, near)
    elif power == 2 and table.size > DIRECT:
        model, feeds, cells = _by_products(table, near)
    else:
        model, feeds, cells = _directly(table.shape, near, power), {"table": table}, table.size
    return {**about, **out.graph(model, width, cells, feeds)}


def power_of(estimator):
    """That the sums of a distance are of; 0 where it is the largest of them."""
    metric = estimator.effective_metric_
    more = {name: value for name, value in (estimator.effective_metric_params_ or {}).items() if value is not None}
    if metric == "minkowski" and set(more) <= {"p"}:
        return float(more.get("p", 2))
    if metric not in POWERS or more:
        named = metric if isinstance(metric, str) else "of its own"
        raise Unsupported(f"{type(estimator).__name__} with the metric {named} has no graph")
    return POWERS[metric]


def _directly(shape, near, power):
    build = Build({"x": [None, shape[1]], "table": list(shape)})
    apart, columns = build.apart("table"), build.number([2])
    if power == 2:
        sums = build.add("ReduceSumSquare", apart, columns, keepdims=0)
    elif power == 0:
        sums = build.add("ReduceMax", build.add("Abs", apart), columns, keepdims=0)
    else:
        sizes = build.add("Abs", apart)
        sums = build.add("ReduceSum", sizes if power == 1 else build.add("Pow", sizes, build.number(power)), columns, keepdims=0)
    return _nearest(build, sums, near)


def _nearest(build, sums, near):
    from onnx import TensorProto

    distances, places = build.add("TopK", sums, build.number([near]), outputs=2, largest=0, axis=-1)
    return build.model(distances, (places, TensorProto.INT64))


def _by_products(table, near):
    """The nearest by t.t - 2 x.t (x.x is the same for all), and of these exactly."""
    from onnx import TensorProto

    count, width = table.shape
    spare = min(near + SPARE, count)
    build = Build({"x": [None, width], "table": [count, width], "squares": [count]})
    rough = build.add("Gemm", "x", "table", "squares", transB=1, alpha=-2.0)
    _, found = build.add("TopK", rough, build.number([spare]), outputs=2, largest=0, axis=-1)
    ordered, _ = build.add("TopK", found, build.number([spare]), outputs=2, largest=0, axis=-1)  # of equals the first counts
    apart = build.add("Sub", build.add("Unsqueeze", "x", build.number([1])), build.add("Gather", "table", ordered, axis=0))
    sums = build.add("ReduceSumSquare", apart, build.number([2]), keepdims=0)
    distances, among = build.add("TopK", sums, build.number([near]), outputs=2, largest=0, axis=-1)
    places = build.add("GatherElements", ordered, among, axis=1)
    model = build.model(distances, (places, TensorProto.INT64))
    return model, {"table": table, "squares": _squares(table)}, count + spare * width


def _as_by_force(table, near):
    """As scikit-learn's own search tells them, x.x - 2 x.t + t.t: with the same ties, and the first of equals."""
    count, width = table.shape
    build = Build({"x": [None, width], "table": [count, width], "squares": [count]})
    own = build.add("ReduceSumSquare", "x", build.number([1]), keepdims=1)
    products = build.add("MatMul", "x", build.add("Transpose", "table", perm=[1, 0]))
    sums = build.add("Add", build.add("Add", own, build.add("Mul", products, build.number(-2.0))), "squares")
    # Infinity less infinity is as far as anything can be.
    known = build.add("Where", build.add("IsInf", own), own, build.add("Max", sums, build.number(0.0)))
    return _nearest(build, known, near), {"table": table, "squares": _squares(table)}, count


def _squares(table):
    return (table.astype("float64") ** 2).sum(axis=1)
