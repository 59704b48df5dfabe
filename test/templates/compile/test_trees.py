"""scikit-learn's trees and what is made of them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lab import compiled
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 4))
X[:, 3] = RNG.integers(0, 5, 150)
HOLES = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
YES = X[:, 0] + X[:, 1] > 0
WORDS = np.where(X[:, 0] > 0.5, "c", np.where(X[:, 1] > 0, "b", "a"))
NUMBERS = 3 * X[:, 0] + X[:, 3]
EDGES = (0.0, -0.0, 5e-324, 1e-46, -1e-300, 16777217.0, 3.4028234663852886e38, 3.4028235677973366e38, 1e39, -1e300, None, True)
FOREST = {"n_estimators": 6, "random_state": 0}


def check(estimator, rows=X, boundaries=()):
    """Rows at once, each alone with an edge in it, and a refusal where the model refuses. The proof."""
    rows = [[None if value != value else value for value in row] for row in np.asarray(rows).tolist()]
    bodies = [rows, *boundaries]
    for place, edge in enumerate(EDGES):
        bodies.append([*rows[0][: place % 4], edge, *rows[0][place % 4 + 1 :]])
    native, model = compiled(estimator)
    return prove(native, model, bodies)


@pytest.mark.parametrize(
    "kind",
    [DecisionTreeClassifier, ExtraTreeClassifier, RandomForestClassifier, ExtraTreesClassifier],
    ids=lambda kind: kind.__name__,
)
def test_classifiers(kind):
    how = FOREST if "n_estimators" in kind().get_params() else {"random_state": 0}
    assert check(kind(**how).fit(X, YES))["largestDifference"] == 0
    assert check(kind(**how, max_leaf_nodes=7).fit(X, WORDS))["largestDifference"] == 0
    assert check(kind(**how, class_weight="balanced", max_depth=3).fit(X, WORDS))["largestDifference"] == 0
    assert check(kind(**how, max_depth=4).fit(X, np.c_[YES, NUMBERS > 2, X[:, 3]]))["largestDifference"] == 0


@pytest.mark.parametrize(
    "kind",
    [DecisionTreeRegressor, ExtraTreeRegressor, RandomForestRegressor, ExtraTreesRegressor],
    ids=lambda kind: kind.__name__,
)
def test_regressors(kind):
    how = FOREST if "n_estimators" in kind().get_params() else {"random_state": 0}
    assert check(kind(**how).fit(X, NUMBERS))["largestDifference"] == 0
    assert check(kind(**how, max_leaf_nodes=9).fit(X, np.c_[NUMBERS, X[:, 1]]))["largestDifference"] == 0
    assert check(kind(**how, criterion="absolute_error", max_depth=3).fit(X, NUMBERS))["largestDifference"] == 0


def test_missing_values_go_where_training_sent_them():
    for estimator in (DecisionTreeClassifier(random_state=0), RandomForestClassifier(**FOREST), DecisionTreeRegressor()):
        try:
            estimator.fit(HOLES, X[:, 3])
        except ValueError as error:  # before scikit-learn 1.3 and 1.4
            assert "NaN" in str(error)
            continue
        assert check(estimator, HOLES)["largestDifference"] == 0


def test_labels_of_several_outputs_have_the_type_of_the_first():
    answers = np.c_[np.where(YES, "y", "n"), np.where(X[:, 3] > 2, "more", "less")]
    native, model = compiled(RandomForestClassifier(**FOREST).fit(X, answers))
    assert prove(native, model, [X.tolist()])["largestDifference"] == 0


@pytest.mark.parametrize("loss", ["log_loss", "exponential"])
def test_gradient_boosting_of_two_classes(loss):
    names = {"log_loss": "deviance"} if _older((1, 1)) else {}
    for init in (None, "zero"):
        made = GradientBoostingClassifier(loss=names.get(loss, loss), init=init, n_estimators=8, random_state=0).fit(X, YES)
        assert check(made)["largestDifference"] < 1e-15


def test_gradient_boosting_of_more_classes():
    made = GradientBoostingClassifier(n_estimators=5, subsample=0.7, random_state=0).fit(X, WORDS)
    assert check(made)["largestDifference"] < 1e-15


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_gradient_boosting_of_numbers(loss):
    assert check(GradientBoostingRegressor(loss=loss, n_estimators=8).fit(X, NUMBERS))["largestDifference"] == 0


def test_gradient_boosting_from_a_model_has_no_plain_form():
    made = GradientBoostingClassifier(init=LogisticRegression(), n_estimators=3).fit(X, YES)
    with pytest.raises(Unsupported, match="starts from a LogisticRegression"):
        compiled(made)


def test_a_score_of_zero_is_the_class_that_the_version_says():
    X = np.array([[0.0], [1.0]] * 20)
    made = GradientBoostingClassifier(init="zero", n_estimators=1).fit(X, [0, 1, 1, 0] * 10)
    assert check(made, X)["largestDifference"] == 0
    made = HistGradientBoostingClassifier(max_iter=1).fit(X, [0, 1, 1, 0] * 10)
    native, model = compiled(made)
    assert prove(native, model, X.tolist())["largestDifference"] == 0


@pytest.mark.parametrize("labels", [YES, WORDS], ids=["two", "three"])
def test_histogram_boosting_of_classes(labels):
    made = HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=5).fit(HOLES, labels)
    assert check(made, HOLES)["largestDifference"] < 1e-14


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "gamma", "poisson", "quantile"])
def test_histogram_boosting_of_numbers(loss):
    how = {"quantile": 0.3} if loss == "quantile" else {}
    try:
        made = HistGradientBoostingRegressor(loss=loss, max_iter=6, **how).fit(HOLES, abs(NUMBERS) + 1)
    except (TypeError, ValueError) as error:  # a loss that came later
        assert _older((1, 3)), error
        return
    assert check(made, HOLES)["largestDifference"] < 1e-15


def test_histogram_boosting_with_an_early_stop():
    made = HistGradientBoostingClassifier(max_iter=30, early_stopping=True, n_iter_no_change=2, random_state=0).fit(X, WORDS)
    assert check(made)["largestDifference"] < 1e-14


def test_histogram_boosting_of_categories():
    table = pd.DataFrame(HOLES, columns=list("abcd"))
    table["city"] = pd.Categorical(RNG.choice(["Bern", "Köln", "Oslo", "Rom"], 150), ["Rom", "Oslo", "Köln", "Bern"])
    table["size"] = pd.Categorical(RNG.integers(10, 19, 150))
    table.loc[3:9, "city"] = np.nan
    labels = (table.city == "Oslo") ^ (table["size"].astype(int) % 2 == 0)
    made = HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=4, categorical_features=[4, 5])
    if _older((1, 4)):  # numbers only
        made.set_params(categorical_features=[3]).fit(X, YES)
        with pytest.raises(Unsupported, match="from scikit-learn 1.4 on"):
            compiled(made)
        return
    native, model = compiled(made.fit(table, labels))
    bodies = [
        {**dict(zip("abcd", X[index].tolist())), "city": city, "size": size}
        for index, city in enumerate(["Bern", "Köln", "Oslo", "Rom", "Ulm", None])
        for size in [*range(10, 19), 10.0, 11.5, 99, -3, None]
    ]
    told = prove(native, model, [*bodies, {**bodies[0], "size": "10"}, {**bodies[0], "city": 1}, {**bodies[0], "a": None}])
    assert told["largestDifference"] < 1e-15
    assert told["refused"] == 2
    assert any(each["kind"] == "recode" for each in _nodes(made))


def test_isolation_forests():
    for how in ({}, {"max_features": 2}, {"max_samples": 20, "contamination": 0.2}):
        made = IsolationForest(n_estimators=12, random_state=0, **how).fit(X)
        assert check(made)["largestDifference"] == 0
        _, model = compiled(made)
        found = [model._answer.__self__.decision_function(row) for row in X.tolist()]
        np.testing.assert_allclose(found, made.decision_function(X), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("labels", [YES, WORDS], ids=["two", "three"])
def test_ada_boost(labels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = [AdaBoostClassifier(n_estimators=7, random_state=0).fit(X, labels)]
        if "algorithm" in made[0].get_params():
            made.append(AdaBoostClassifier(n_estimators=7, random_state=0, algorithm="SAMME").fit(X, labels))
        for each in made:
            assert check(each)["largestDifference"] < 1e-13
    for loss in ("linear", "square"):
        assert check(AdaBoostRegressor(n_estimators=7, loss=loss, random_state=0).fit(X, NUMBERS))["largestDifference"] == 0


@pytest.mark.parametrize("base", [None, LogisticRegression()], ids=["trees", "chances"])
def test_bagging(base):
    for how in ({}, {"max_features": 2}, {"max_samples": 4, "bootstrap": False}):
        made = BaggingClassifier(base, n_estimators=5, random_state=0, **how)
        try:
            made.fit(X, WORDS)
        except ValueError:  # a sample of one class alone
            continue
        assert check(made)["largestDifference"] < 1e-13


def test_bagging_of_numbers():
    for how in ({}, {"max_features": 2, "bootstrap_features": True}):
        assert check(BaggingRegressor(n_estimators=5, random_state=0, **how).fit(X, NUMBERS))["largestDifference"] == 0


@pytest.mark.parametrize("part", ["threshold", "right", "values", "rule"])
def test_what_was_spoilt_in_the_file_is_found(part):
    native, model = compiled(HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5).fit(HOLES, YES))
    forest = model._answer.__self__
    rows = [[None if value != value else value for value in row] for row in HOLES.tolist()]
    assert prove(native, model, [rows])["largestDifference"] < 1e-15
    if part == "threshold":
        forest.threshold[0] += 0.2
    elif part == "right":
        forest.right[0] += 1
    elif part == "values":
        forest.values[0][0] += 1e-9
    else:
        forest.rule[:] = [1 - rule for rule in forest.rule]
    with pytest.raises(Unsupported, match="the plain form answers"):
        prove(native, model, [rows])


def _nodes(estimator):
    from mlfn_compile.exporter import Exporter
    from mlfn_compile.flat import Writer

    return Exporter(Writer()).export(estimator)["steps"]


def _older(version):
    import sklearn

    return tuple(int(each) for each in sklearn.__version__.split(".")[:2]) < version
