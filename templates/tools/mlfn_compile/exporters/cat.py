"""CatBoost, from the JSON that it writes of itself."""

import json
import os
import tempfile

from ..layout import LEAF, Layout
from ..unsupported import Unsupported
from . import jsonable

LEFT = 1  # where a missing value goes: CatBoost asks whether a value is above a border
CLASSES = {"Logloss": "logistic", "CrossEntropy": "logistic", "MultiClass": "softmax", "MultiClassOneVsAll": "each"}
LINKS = {"RawFormulaVal": "identity", "Exponent": "exp"}


def classifier(estimator, out, columns):
    told = _told(estimator)
    goal = told["model_info"]["params"]["loss_function"]["type"]
    classes = jsonable(estimator.classes_)
    if goal not in CLASSES or not classes:
        raise Unsupported(f"CatBoostClassifier with the loss function {goal} has no plain form")
    if CLASSES[goal] == "logistic" and estimator.get_probability_threshold() != 0.5:
        raise Unsupported("CatBoostClassifier with a probability threshold of its own has no plain form")
    return {"kind": "cat-boosted-classifier", "classes": classes, "link": CLASSES[goal], **_forest(estimator, told, out)}


def regressor(estimator, out, columns):
    default = getattr(estimator, "_get_default_prediction_type", None)  # a ranker has none
    how = default() if default else "RawFormulaVal"
    if how not in LINKS:
        raise Unsupported(f"CatBoostRegressor that predicts {how} has no plain form")
    return {"kind": "cat-boosted-regressor", "link": LINKS[how], **_forest(estimator, _told(estimator), out)}


def _told(estimator):
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "model.json")
        estimator.save_model(file, format="json")
        with open(file, encoding="utf-8") as handle:
            told = json.load(handle)
    others = [name for name, held in told["features_info"].items() if held and name != "float_features"]
    if others:
        raise Unsupported(f"CatBoost with {others[0].replace('_', ' ')} has no plain form")
    return told


def _forest(estimator, told, out):
    features = told["features_info"]["float_features"]
    places = {feature["feature_index"]: feature["flat_feature_index"] for feature in features}
    lost = {feature["feature_index"]: 0 if feature["nan_value_treatment"] == "AsTrue" else LEFT for feature in features}
    scale, bias = told["scale_and_bias"]
    layout = Layout(len(estimator.feature_names_), True)
    for tree in told["trees"] if "trees" in told else map(_symmetric, told["oblivious_trees"]):
        _add(layout, tree, places, lost)
    return {"scale": float(scale), "bias": [float(each) for each in bias], **layout.node(out)}


def _symmetric(tree):
    """The tree that asks the same of all nodes of a level, as one that asks each: a leaf's bits are the answers, the first
    split's the lowest."""
    values, splits = tree["leaf_values"], tree.get("splits") or []
    width = len(values) >> len(splits)
    nodes = [{"value": values[at : at + width]} for at in range(0, len(values), width)]
    # The last split's bit is the highest one: it stands at the root.
    for split in splits:
        nodes = [{"left": left, "right": right, "split": split} for left, right in zip(nodes[::2], nodes[1::2])]
    return nodes[0]


def _add(layout, tree, places, lost):
    left, right, feature, border, values, rule = [], [], [], [], [], []
    stack = [(tree, None, None)]
    while stack:
        node, children, parent = stack.pop()
        here = len(left)
        if children is not None:
            children[parent] = here
        split = node.get("split")
        if split is None:
            value = node["value"]
            row = (LEAF, LEAF, 0, 0.0, tuple(value) if isinstance(value, list) else (value,), 0)
        elif split["split_type"] != "FloatFeature":
            raise Unsupported(f"CatBoost with splits of the type {split['split_type']} has no plain form")
        else:
            own = split["float_feature_index"]
            row = (0, 0, places[own], split["border"], (), lost[own])
            stack += [(node["right"], right, here), (node["left"], left, here)]
        for kept, value in zip((left, right, feature, border, values, rule), row):
            kept.append(value)
    layout.add(left, right, feature, border, values, rule)
