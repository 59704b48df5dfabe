"""scikit-learn's gradient boosting: trees over float32, and the histogram kind over bins."""

import copy

from ..layout import LEAF, Layout, refusals
from ..unsupported import Unsupported
from . import jsonable
from .trees import add_tree

CONSTANT = ("DummyClassifier", "DummyRegressor")
SET = 8


def boosted_classifier(estimator, out, columns):
    node = _boosted(estimator, out)
    exponential = estimator.loss == "exponential"
    return {"kind": "boosted-classifier", **_answers(estimator, node, "decision_function", 2.0 if exponential else 1.0), **node}


def boosted_regressor(estimator, out, columns):
    return {"kind": "boosted-regressor", "link": "identity", **_boosted(estimator, out)}


def hist_classifier(estimator, out, columns):
    node = _histogram(estimator, out)
    made = {"kind": "boosted-classifier", **_answers(estimator, node, "_raw_predict", 1.0), **node}
    return _recoded(estimator, made)


def hist_regressor(estimator, out, columns):
    link = "exp" if estimator.loss in ("poisson", "gamma") else "identity"
    return _recoded(estimator, {"kind": "boosted-regressor", "link": link, **_histogram(estimator, out)})


def _boosted(estimator, out):
    import numpy

    init = estimator.init_
    if not isinstance(init, str) and type(init).__name__ not in CONSTANT:
        raise Unsupported(f"gradient boosting that starts from a {type(init).__name__} has no plain form")
    if getattr(init, "strategy", "prior") in ("stratified", "uniform"):
        raise Unsupported("gradient boosting that starts from random numbers has no plain form")
    width = int(estimator.n_features_in_)
    base = estimator._raw_predict_init(numpy.zeros((1, width), dtype="float32"))[0].tolist()
    layout = Layout(width, True, refusals(estimator))
    for stage in estimator.estimators_:
        for tree in stage:
            add_tree(layout, tree, (estimator.learning_rate * tree.tree_.value[:, :, 0]).tolist())
    return {"base": base, "mean": None, **layout.node(out)}


def _answers(estimator, node, scores, slope):
    """Classes and link. Which class a score of zero means differs between versions: the estimator's own code is asked."""
    import numpy

    classes = jsonable(estimator.classes_)
    if len(node["base"]) > 1:
        return {"classes": classes, "link": "softmax", "slope": None, "even": 0}
    asked = copy.copy(estimator)
    zero = numpy.zeros((1, 1) if scores == "_raw_predict" else 1)
    setattr(asked, scores, lambda X: zero)
    even = asked.predict(numpy.zeros((1, estimator.n_features_in_)))[0]
    return {"classes": classes, "link": "logistic", "slope": slope, "even": int(estimator.classes_.tolist().index(even))}


def _histogram(estimator, out):
    layout = Layout(int(estimator.n_features_in_), False)
    for stage in estimator._predictors:
        for tree in stage:
            _add(layout, tree, _known(estimator))
    return {"base": estimator._baseline_prediction.ravel().tolist(), "mean": None, **layout.node(out)}


def _known(estimator):
    if getattr(estimator, "is_categorical_", None) is None:
        return False
    if getattr(estimator, "_preprocessor", None) is None:
        raise Unsupported("histogram boosting with categories has a plain form from scikit-learn 1.4 on")
    return True


def _add(layout, tree, categorical):
    nodes = tree.nodes
    left = [LEAF if leaf else int(child) for leaf, child in zip(nodes["is_leaf"], nodes["left"])]
    rule = nodes["missing_go_to_left"].astype(int).tolist()
    threshold = nodes["num_threshold"].tolist()
    if categorical:
        for index, row in enumerate(nodes):
            if row["is_categorical"] and not row["is_leaf"]:
                rule[index] += SET
                threshold[index] = layout.category_set(_members(tree.raw_left_cat_bitsets[row["bitset_idx"]]))
    values = [(value,) for value in nodes["value"].tolist()]
    layout.add(left, nodes["right"].tolist(), nodes["feature_idx"].tolist(), threshold, values, rule)


def _members(bitset):
    return [word * 32 + bit for word, bits in enumerate(bitset.tolist()) for bit in range(32) if bits >> bit & 1]


def _recoded(estimator, node):
    """Behind the encoder that the estimator fitted for itself, if it did: it puts the categories before the numbers."""
    if not _known(estimator):
        return node
    chosen = estimator.is_categorical_.tolist()
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    places = [index for index, taken in enumerate(chosen) if taken]
    columns = [[index, jsonable(keys)] for index, keys in zip(places, encoder.categories_)]
    columns += [[index, None] for index, taken in enumerate(chosen) if not taken]
    return {"kind": "chain", "steps": [{"kind": "recode", "columns": columns}, node]}
