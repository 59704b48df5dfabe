"""The probes at the trees' thresholds: both sides of every node are met, and what is wrong there by the last bit is found."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab import compiled
from mlfn_compile.crossing import crossing
from mlfn_compile.prove import prove
from mlfn_compile.thresholds import forests, thresholds
from mlfn_compile.unsupported import Unsupported
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4)) * [1, 1e-3, 1e6, 5] + [0, 3, 0, 0]
YES = (X[:, 0] + X[:, 3] / 5 > 0) ^ (X[:, 2] > 5e5)
TABLE = pd.DataFrame(X, columns=list("abcd")).assign(city=RNG.choice(["Bern", "Köln", "Oslo"], 200))
FOREST = RandomForestClassifier(3, max_depth=4, random_state=0)


def prepared():
    columns = [("s", StandardScaler(), ["a", "b"]), ("m", MinMaxScaler(), ["c"]), ("o", OneHotEncoder(), ["city"])]
    return ColumnTransformer(columns, remainder="passthrough")


def met(model, asked):
    """The share of all nodes' sides that the bodies come to."""
    from mlfn_serve import bodies

    found, nodes = set(), 0
    for number, (forest, through) in enumerate(forests(model._answer.__self__, None)):
        nodes += sum(1 for other in forest.right if other > 0)
        for body in asked:
            row = bodies.read(body, model.schema).rows[0]
            row = forest.read(through(row) if through else row)
            for node in forest.roots:
                while forest.right[node] > 0:
                    rule = forest.rule[node] if forest.rule else 0
                    left = bool(forest._ruled(rule, row[forest.feature[node]], forest.threshold[node]))
                    found.add((number, node, left))
                    node = node + 1 if left else forest.right[node]
    return len(found) / nodes / 2


@pytest.mark.parametrize(
    "kind",
    [
        FOREST,
        GradientBoostingClassifier(n_estimators=8),
        HistGradientBoostingClassifier(max_iter=5),
        AdaBoostClassifier(n_estimators=8),
    ],
    ids=["forest", "boosting", "histograms", "ada"],
)
def test_both_sides_of_every_node_are_met(kind):
    native, model = compiled(kind.fit(X, YES))
    asked = thresholds(model)
    assert met(model, asked) == 1
    assert prove(native, model, asked)["refused"] <= len(asked) / 3  # AdaBoost takes nothing that is missing


@pytest.mark.parametrize(
    "made",
    [
        make_pipeline(prepared(), FOREST),
        make_pipeline(prepared(), HistGradientBoostingClassifier(max_iter=5)),
        make_pipeline(prepared(), BaggingClassifier(n_estimators=4, max_features=0.6, random_state=0)),
        VotingClassifier([("a", make_pipeline(prepared(), FOREST)), ("b", make_pipeline(prepared(), FOREST))], voting="soft"),
        CalibratedClassifierCV(make_pipeline(prepared(), FOREST), cv=2),
    ],
    ids=["forest", "histograms", "bagging", "voting", "calibrated"],
)
def test_they_are_followed_through_what_stands_before_the_trees(made):
    native, model = compiled(made.fit(TABLE, YES))
    asked = thresholds(model)
    assert met(model, asked) > 0.9
    assert prove(native, model, asked)["refused"] == 0


def test_trees_behind_other_models_are_left_to_the_other_probes():
    made = StackingClassifier([("one", LogisticRegression())], final_estimator=FOREST, cv=2).fit(X, YES)
    native, model = compiled(made)
    assert prove(native, model, thresholds(model))["refused"] == 0


def test_categories_are_met_too():
    table = TABLE.assign(city=TABLE.city.astype("category"))
    try:
        made = HistGradientBoostingClassifier(max_iter=4, categorical_features=[4], min_samples_leaf=5).fit(
            table, YES ^ (TABLE.city == "Oslo")
        )
    except ValueError:  # texts are taken from scikit-learn 1.4 on
        return
    native, model = compiled(made)
    asked = thresholds(model)
    assert met(model, asked) > 0.95
    prove(native, model, asked)


def test_more_nodes_than_wanted_are_a_sample_and_always_the_same():
    _, model = compiled(FOREST.fit(X, YES))
    assert len(thresholds(model, 10)) in range(20, 31)
    assert thresholds(model, 10) == thresholds(model, 10)


def test_a_model_without_trees_has_none():
    _, model = compiled(LogisticRegression().fit(X, YES))
    assert thresholds(model) == []


@pytest.mark.parametrize("kind", [FOREST, HistGradientBoostingClassifier(max_iter=3)], ids=["float32", "float64"])
def test_a_threshold_that_is_wrong_by_one_bit_is_found(kind):
    native, model = compiled(kind.fit(X, YES))
    asked = thresholds(model)
    ((forest, _),) = forests(model._answer.__self__, None)
    kind = np.float32 if forest.single else np.float64
    node = next(node for node, other in enumerate(forest.right) if other > 0)
    right = forest.threshold[node]
    for wrong in (np.nextafter(kind(right), kind(np.inf)), np.nextafter(kind(right), kind(-np.inf))):
        forest.threshold[node] = float(wrong)
        with pytest.raises(Unsupported, match="the plain form answers"):
            prove(native, model, asked)
    forest.threshold[node] = right
    prove(native, model, asked)


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e200, 1e200), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.booleans())
def test_neighbours_stand_on_both_sides(limit, slope, start, falling):
    curve = (lambda value: start - slope * value) if falling else (lambda value: (value - start) / slope)
    pair = crossing(curve, limit)
    if curve(0.0) != curve(1.0):
        one, other = pair
        assert (curve(one) > limit) != (curve(other) > limit)
        assert np.nextafter(one, other) == other


def test_what_stands_beside_a_forest_may_be_of_any_make():
    table = pd.DataFrame({"city": RNG.choice(["Bern", "Köln", "Oslo"], 60)})
    made = VotingClassifier(
        [("a", make_pipeline(OneHotEncoder(), FOREST)), ("b", make_pipeline(OneHotEncoder(), LogisticRegression()))]
    )
    native, model = compiled(made.fit(table, table.city == "Oslo"))
    assert prove(native, model, thresholds(model))["refused"] == 0
