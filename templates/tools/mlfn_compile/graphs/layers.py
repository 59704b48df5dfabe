"""Multi-layer perceptrons: products and sums in doubles, whatever the weights were trained in."""

from ..exporters import width_of
from ..exporters.linear import several_classes
from ..unsupported import Unsupported
from .build import Build

BETWEEN = {"identity": None, "logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


def classifier(estimator, out):
    """MLPClassifier: chances, or of two classes the second's."""
    if estimator.out_activation_ == "softmax":
        return {"kind": "graph-chances", "classes": several_classes(estimator), **_layers(estimator, out, _softmax)}
    if estimator._label_binarizer.y_type_.startswith("multilabel"):
        return {"kind": "graph-flags", **_layers(estimator, out, _sigmoid)}
    return {"kind": "graph-chances", "classes": several_classes(estimator), **_layers(estimator, out, _two)}


def regressor(estimator, out):
    """MLPRegressor."""
    if estimator.out_activation_ != "identity":
        raise Unsupported(f"MLPRegressor with {estimator.out_activation_} at its end has no graph")
    return {"kind": "graph-values", "several": estimator.n_outputs_ > 1, **_layers(estimator, out, lambda build, x: x)}


def _softmax(build, x):
    return build.add("Softmax", x, axis=1)


def _sigmoid(build, x):
    return build.add("Sigmoid", x)


def _two(build, x):
    second = _sigmoid(build, x)
    return build.add("Concat", build.add("Sub", build.number(1.0), second), second, axis=1)


def _layers(estimator, out, last):
    feeds = {}
    for place, (weights, bias) in enumerate(zip(estimator.coefs_, estimator.intercepts_)):
        feeds.update({f"weights{place}": weights, f"bias{place}": bias})
    build = Build({"x": [None, width_of(estimator)], **{name: list(values.shape) for name, values in feeds.items()}})
    x, between = "x", BETWEEN[estimator.activation]
    for place in range(len(estimator.coefs_)):
        x = build.add(between, x) if place and between else x
        x = build.add("Gemm", x, f"weights{place}", f"bias{place}")
    cells = sum(values.size for values in estimator.coefs_)
    return out.graph(build.model(last(build, x)), width_of(estimator), cells, feeds)
