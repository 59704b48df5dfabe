"""scikit-learn's decision trees, extra trees, forests of them, and the isolation forest."""

from ..layout import Layout, refusals, rounded_down
from ..unsupported import Unsupported
from . import jsonable


def tree_classifier(estimator, out, columns):
    labels, several = _labels(estimator)
    layout = _laid(estimator, lambda tree: _shares(tree.tree_, [len(each) for each in labels]))
    return {"kind": "tree-classifier", "classes": labels, "several": several, **layout.node(out)}


def tree_regressor(estimator, out, columns):
    layout = _laid(estimator, lambda tree: tree.tree_.value[:, :, 0].tolist())
    return {"kind": "tree-regressor", "several": estimator.n_outputs_ > 1, **layout.node(out)}


def isolation_forest(estimator, out, columns):
    from sklearn.ensemble._iforest import _average_path_length

    layout = Layout(int(estimator.n_features_in_), True, refusals(estimator))
    for tree, features in zip(estimator.estimators_, estimator.estimators_features_):
        inner = tree.tree_
        depths = _depths(inner) + _average_path_length(inner.n_node_samples) - 1.0
        add_tree(layout, tree, depths.reshape(-1, 1).tolist(), features.tolist())
    most = getattr(estimator, "_max_samples", None) or estimator.max_samples_
    scale = len(estimator.estimators_) * float(_average_path_length([most])[0])
    return {"kind": "isolation-forest", "scale": scale, "offset": float(estimator.offset_), **layout.node(out)}


def add_tree(layout, tree, values, features=None):
    """One fitted decision tree. `features` are the columns of the row that it was given, where those are not all."""
    inner = tree.tree_
    feature = inner.feature.tolist()
    if features is not None:
        feature = [features[each] for each in feature]
    nodes = inner.__getstate__()["nodes"]
    missing = None
    if "missing_go_to_left" in nodes.dtype.names and not layout.refuses["NaN"]:
        missing = nodes["missing_go_to_left"].tolist()
    left, right = inner.children_left.tolist(), inner.children_right.tolist()
    layout.add(left, right, feature, rounded_down(inner.threshold), values, missing)


def _laid(estimator, values):
    trees = getattr(estimator, "estimators_", None)
    layout = Layout(int(estimator.n_features_in_), True, refusals(estimator))
    for tree in [estimator] if trees is None else trees:
        add_tree(layout, tree, values(tree))
    return layout


def _labels(estimator):
    """([classes of each output], whether there are several)."""
    if estimator.n_outputs_ == 1:
        return [jsonable(estimator.classes_)], False
    kind = estimator.classes_[0].dtype  # that of the first output's classes is that of all predictions
    return [jsonable(each.astype(kind)) for each in estimator.classes_], True


def _shares(inner, counts):
    """Of each node the shares of all outputs' classes, one behind the other. Older versions keep weights."""
    import numpy

    value = inner.value
    total = numpy.stack([value[:, index, :count].sum(axis=1) for index, count in enumerate(counts)], axis=1)
    if (abs(total - 1) > 1e-9).any():
        total[total == 0.0] = 1.0
        value = value / total[:, :, None]
    return numpy.concatenate([value[:, index, :count] for index, count in enumerate(counts)], axis=1).tolist()


def _depths(inner):
    """Of each node how many nodes there are from the root to it."""
    import numpy

    left, right = inner.children_left, inner.children_right
    found = numpy.ones(inner.node_count)
    for node in range(inner.node_count):  # a parent stands before its children
        if left[node] != -1:
            if not node < min(left[node], right[node]):
                raise Unsupported("a tree whose nodes are out of order has no plain form")
            found[left[node]] = found[right[node]] = found[node] + 1
    return found
