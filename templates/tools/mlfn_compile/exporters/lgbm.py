"""LightGBM, from the text that it writes of itself."""

from ..layout import LEAF, Layout
from ..unsupported import Unsupported
from . import jsonable
from .recoding import recoded

LEFT, ZERO, FILL, SET = 1, 2, 4, 8
CATEGORICAL, DEFAULT_LEFT = 1, 2  # bits of decision_type; two more say what is missing
LINKS = {
    **dict.fromkeys(
        ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"), "identity"
    ),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
    "cross_entropy": "logistic",
    "cross_entropy_lambda": "log1p-exp",
}
NEARLY_ZERO = 1.0000000180025095e-35
JUST_BELOW = -1.0000000180025096e-35
CLASSES = {"binary": "logistic", "multiclass": "softmax", "multiclassova": "each"}


def classifier(estimator, out, columns):
    node, name, options = _read(estimator, out)
    if name not in CLASSES:
        raise Unsupported(f"LGBMClassifier with the objective {name} has no plain form")
    slope = float(options.get("sigmoid", 1))
    about = {"classes": jsonable(estimator.classes_), "link": CLASSES[name], "slope": slope, "even": None}
    return recoded(estimator, {"kind": "boosted-classifier", **about, **node})


def regressor(estimator, out, columns):
    node, name, options = _read(estimator, out)
    if name not in LINKS:
        raise Unsupported(f"LightGBM with the objective {name} has no plain form")
    link = "signed-square" if "sqrt" in options else LINKS[name]
    return recoded(estimator, {"kind": "boosted-regressor", "link": link, **node})


def _read(estimator, out):
    """(node, the objective's name, its options)"""
    head, *trees = estimator.booster_.model_to_string().partition("\nend of trees")[0].split("\nTree=")
    told = _told(head)
    if "objective" not in told:
        raise Unsupported("LightGBM with an objective of the user's own has no plain form")
    name, *options = told["objective"].split(" ")
    options = dict(each.partition(":")[::2] for each in options)
    outputs = int(told["num_tree_per_iteration"])
    layout = Layout(int(told["max_feature_idx"]) + 1, False)
    for tree in trees:
        _add(layout, _told(tree))
    mean = len(trees) // outputs if "average_output" in told else None
    return {"base": [0.0] * outputs, "mean": mean, **layout.node(out)}, name, options


def _told(text):
    return {line.partition("=")[0]: line.partition("=")[2] for line in text.splitlines()}


def _add(layout, tree):
    if tree.get("is_linear", "0") != "0":
        raise Unsupported("LightGBM with linear trees has no plain form")

    def listed(name, kind=int):
        return [kind(each) for each in tree.get(name, "").split()]

    leaves = [(value,) for value in listed("leaf_value", float)]
    splits = len(leaves) - 1
    if not splits:
        return layout.add([LEAF], [LEAF], [0], [0.0], leaves)
    threshold, rule = listed("threshold", float), []
    ends, words = listed("cat_boundaries"), listed("cat_threshold")
    for node, decision in enumerate(listed("decision_type")):
        if decision & CATEGORICAL:
            own = words[ends[int(threshold[node])] : ends[int(threshold[node]) + 1]]
            threshold[node] = layout.category_set(
                32 * at + bit for at, word in enumerate(own) for bit in range(32) if word >> bit & 1
            )
            rule.append(SET)
            continue
        threshold[node] = _beside_zero(threshold[node])
        missing = (FILL, FILL + ZERO, 0)[decision >> 2 & 3]
        rule.append(missing + (LEFT if decision & DEFAULT_LEFT else 0))
    # Its leaves are numbered from -1 down; here they stand behind the splits.
    left, right = ([splits + ~child if child < 0 else child for child in listed(name)] for name in ("left_child", "right_child"))
    empty = [0] * len(leaves)
    values = [(None,)] * splits + leaves
    left += [LEAF] * len(leaves)
    return layout.add(left, right + empty, listed("split_feature") + empty, threshold + empty, values, rule + empty)


def _beside_zero(threshold):
    """LightGBM reads what lies within kZeroThreshold, a float32, as zero: all of it goes where zero goes."""
    if -NEARLY_ZERO <= threshold < 0:
        return JUST_BELOW
    return NEARLY_ZERO if 0 <= threshold < NEARLY_ZERO else threshold
