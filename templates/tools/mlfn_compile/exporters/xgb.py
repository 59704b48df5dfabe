"""XGBoost, from the JSON that it writes of itself."""

import json

from ..layout import LEAF, Layout
from ..unsupported import Unsupported
from .recoding import recoded

LEFT, OUTSIDE = 1, 16
LINKS = {
    **dict.fromkeys(("reg:logistic", "binary:logistic"), "logistic"),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"), "exp"),
    **dict.fromkeys(("reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror"), "identity"),
    **dict.fromkeys(("reg:quantileerror", "rank:pairwise", "rank:ndcg", "rank:map"), "identity"),
}


def classifier(estimator, out, columns):
    learner = _learner(estimator)
    link = {"binary:logistic": "logistic", "multi:softprob": "softmax"}.get(learner["objective"]["name"])
    if link is None or int(learner["learner_model_param"].get("num_target", "1")) > 1:
        raise Unsupported(f"XGBClassifier with the objective {learner['objective']['name']} has no plain form")
    node = _forest(estimator, learner, out)
    classes = list(range(int(estimator.n_classes_)))
    return recoded(estimator, {"kind": "boosted-classifier-32", "classes": classes, "link": link, **node})


def regressor(estimator, out, columns):
    learner = _learner(estimator)
    name = learner["objective"]["name"]
    if name not in LINKS:
        raise Unsupported(f"XGBoost with the objective {name} has no plain form")
    node = _forest(estimator, learner, out)
    several = len(node["base"]) > 1
    return recoded(estimator, {"kind": "boosted-regressor-32", "link": LINKS[name], "several": several, **node})


def _learner(estimator):
    learner = json.loads(bytes(estimator.get_booster().save_raw("json")))["learner"]
    if learner["gradient_booster"]["name"] not in ("gbtree", "dart"):
        raise Unsupported(f"XGBoost with the booster {learner['gradient_booster']['name']} has no plain form")
    return learner


def _forest(estimator, learner, out):
    import numpy

    booster = learner["gradient_booster"]
    model = booster.get("gbtree", booster)["model"]
    weights = booster.get("weight_drop") or model.get("weight_drop") or [1.0] * len(model["trees"])
    if any(weight != 1 for weight in booster.get("weight_drop") or ()):
        raise Unsupported("XGBoost before 3.2 adds up the trees of DART in a way of its own, which has no plain form")
    about = learner["learner_model_param"]
    if any(int(tree["tree_param"].get("size_leaf_vector") or 0) > 1 for tree in model["trees"]):
        raise Unsupported("XGBoost with trees of several outputs has no plain form")
    groups = max(int(about["num_class"]), int(about.get("num_target", "1")), max(model["tree_info"], default=0) + 1)
    rounds = estimator.get_booster().attr("best_iteration")
    turns = [[] for _ in range(groups)]
    for index, group in enumerate(model["tree_info"][: _taken(model, groups, rounds)]):
        turns[group].append(index)
    layout = Layout(int(about["num_feature"]), True)
    for row in zip(*turns):
        for index in row:
            _add(layout, model["trees"][index], numpy.float32(weights[index]))
    missing = float(estimator.missing) if estimator.missing is not None else float("nan")
    node = {
        "base": _base(estimator.get_booster(), layout.width),
        "missing": None if missing != missing else float(numpy.float32(missing)),
    }
    if len(node["base"]) != groups:
        raise Unsupported("XGBoost with outputs that do not take turns has no plain form")
    return {**node, **layout.node(out)}


def _taken(model, groups, rounds):
    """How many trees count: an early stop leaves those after the best round out."""
    if rounds is None:
        return len(model["trees"])
    ends = model.get("iteration_indptr")
    return ends[int(rounds) + 1] if ends else (int(rounds) + 1) * groups * int(model["gbtree_model_param"]["num_parallel_tree"])


def _base(booster, width):
    """The score that the trees start from, for each output: what the first trees tell when their leaves hold nothing. The
    file holds it as a prediction, and XGBoost's logarithm is not always the nearest float32."""
    import numpy
    import xgboost

    told = json.loads(bytes(booster[0:1].save_raw("json")))
    held = told["learner"]["gradient_booster"]
    for tree in held.get("gbtree", held)["model"]["trees"]:
        limits = zip(tree["split_conditions"], tree["left_children"])
        tree["split_conditions"] = [0.0 if child == -1 else limit for limit, child in limits]
        tree["base_weights"] = [0.0] * len(tree["base_weights"])
    empty = xgboost.Booster()
    empty.load_model(bytearray(json.dumps(told).encode()))
    row = xgboost.DMatrix(numpy.full((1, width), numpy.nan))
    return empty.predict(row, output_margin=True, validate_features=False).ravel().tolist()


def _add(layout, tree, weight):
    import numpy

    limits = numpy.float32(tree["split_conditions"])
    # Left is what is below the limit, so what is not above the next float32 down.
    below = numpy.nextafter(limits, numpy.float32(-numpy.inf)).tolist()
    rule = [LEFT if left else 0 for left in tree["default_left"]]
    ends = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"])
    for node, start, size in ends:
        below[node] = layout.category_set(tree["categories"][start : start + size])
        rule[node] += OUTSIDE
    values = (limits * weight).tolist()
    left = [LEAF if child == -1 else child for child in tree["left_children"]]
    layout.add(left, tree["right_children"], tree["split_indices"], below, [(value,) for value in values], rule)
