"""Ensembles and wrappers of other estimators: each equal to the original on its probes."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from mlfn_compile.probes import every_probe
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import HuberRegressor, LogisticRegression, RANSACRegressor, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, RandomizedSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, QuantileTransformer, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3)) * [1, 10, 0.1] + [0, 5, 1]
TWO = np.where(X[:, 0] + RNG.normal(size=120) * 0.3 > 0, "ill", "well")
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0] + X[:, 1] / 10, [0.2, 0.9])]
DIGITS = np.where(TWO == "ill", "1", "0")
FLAGS = np.column_stack([TWO == "ill", THREE != "a"]).astype(int)
Y = X @ [1, 0.2, 3] + RNG.normal(size=120) * 0.1
TARGETS = np.column_stack([Y, X[:, 0] - Y])
LOGISTIC = make_pipeline(StandardScaler(), LogisticRegression())
VOTERS = [("a", LOGISTIC), ("b", GaussianNB()), ("c", LinearSVC())]

CLASSIFIERS = [
    CalibratedClassifierCV(LinearSVC(), cv=2),
    CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"),
    CalibratedClassifierCV(LinearSVC(), cv=2, method="isotonic"),
    CalibratedClassifierCV(LOGISTIC, cv=2, ensemble=False),
    VotingClassifier(VOTERS),
    VotingClassifier(VOTERS, weights=[1, 1, 2]),
    VotingClassifier(VOTERS[:2], voting="soft"),
    VotingClassifier([*VOTERS[:2], ("d", "drop")], voting="soft", weights=[1, 2.5, 1]),
    StackingClassifier(VOTERS, cv=2),
    StackingClassifier(VOTERS[:2], cv=2, passthrough=True),
    StackingClassifier(VOTERS[:2], cv=2, stack_method="predict", final_estimator=GaussianNB()),
    OneVsRestClassifier(LOGISTIC),
    OneVsRestClassifier(GaussianNB()),
    OneVsRestClassifier(Ridge()),
    OneVsOneClassifier(LinearSVC()),
    OneVsOneClassifier(GaussianNB()),
    GridSearchCV(LOGISTIC, {"logisticregression__C": [0.1, 1]}, cv=2),
    RandomizedSearchCV(LOGISTIC, {"logisticregression__C": [0.1, 1]}, n_iter=1, cv=2),
]
TARGET = TransformedTargetRegressor


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def number(estimator):
    return "".join(str(estimator).split())[:70]


@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=number)
def test_classifiers(estimator, labels):
    assert proof(clone(estimator).fit(X, labels))["probes"] > 400


@pytest.mark.parametrize(
    "estimator",
    [
        FixedThresholdClassifier(LOGISTIC, threshold=0.3),
        FixedThresholdClassifier(LinearSVC(), threshold=0.3, pos_label="ill"),
        FixedThresholdClassifier(LOGISTIC, response_method="decision_function", pos_label="ill"),
        TunedThresholdClassifierCV(LOGISTIC, cv=2),
    ],
    ids=number,
)
def test_thresholds(estimator):
    proof(estimator.fit(X, TWO))


def test_output_codes():
    proof(OutputCodeClassifier(LinearSVC(), random_state=0).fit(X, THREE))


def test_what_was_fitted_before():
    fitted = LinearSVC().fit(X, THREE)
    proof(CalibratedClassifierCV(FrozenEstimator(fitted), cv=2).fit(X, THREE))
    proof(CalibratedClassifierCV(fitted, cv="prefit").fit(X, THREE))


@pytest.mark.parametrize(
    "estimator",
    [
        OneVsRestClassifier(LOGISTIC),
        OneVsRestClassifier(LinearSVC()),
        ClassifierChain(LOGISTIC),
        ClassifierChain(LOGISTIC, chain_method="predict_proba", order=[1, 0]),
        ClassifierChain(LinearSVC(), chain_method="decision_function"),
        MultiOutputClassifier(LOGISTIC),
        MultiOutputClassifier(LinearSVC()),
    ],
    ids=number,
)
def test_several_labels(estimator):
    proof(clone(estimator).fit(X, FLAGS))


def test_several_outputs_of_words():
    proof(MultiOutputClassifier(LOGISTIC).fit(X, np.column_stack([TWO, THREE])))


@pytest.mark.parametrize(
    "estimator",
    [
        VotingRegressor([("a", Ridge()), ("b", HuberRegressor())]),
        VotingRegressor([("a", Ridge()), ("b", HuberRegressor())], weights=[1, 3]),
        StackingRegressor([("a", Ridge()), ("b", HuberRegressor())], cv=2),
        StackingRegressor([("a", Ridge())], cv=2, passthrough=True, final_estimator=Ridge()),
        RANSACRegressor(random_state=0),
        *(TARGET(Ridge(), transformer=each) for each in (StandardScaler(), MinMaxScaler(), RobustScaler(), None)),
        TARGET(Ridge(), func=np.arcsinh, inverse_func=np.sinh),
    ],
    ids=number,
)
def test_regressors(estimator):
    proof(clone(estimator).fit(X, Y))


NAMES = "exp expm1 log log1p log2 log10 exp2 sqrt square reciprocal tanh negative abs cbrt"


@pytest.mark.parametrize("name", NAMES.split())
def test_functions_of_the_target(name):
    proof(TARGET(Ridge(), func=np.abs, inverse_func=getattr(np, name), check_inverse=False).fit(X, Y))


def test_several_targets():
    for estimator in (
        TARGET(Ridge(), transformer=StandardScaler()),
        MultiOutputRegressor(Ridge()),
        RegressorChain(Ridge(), order=[1, 0]),
    ):
        proof(estimator.fit(X, TARGETS))
    proof(TARGET(Ridge(), transformer=StandardScaler()).fit(X, Y[:, None]))


def test_pipelines_of_columns_inside():
    frame = pd.DataFrame({"age": X[:, 0], "city": RNG.choice(["Bern", "Köln"], 120), "ca": RNG.integers(0, 3, 120)})
    columns = ColumnTransformer([("scale", StandardScaler(), ["age"]), ("code", OneHotEncoder(), ["city", "ca"])])
    inside = make_pipeline(columns, LogisticRegression())
    for estimator in (
        VotingClassifier([("a", inside), ("b", clone(inside))], voting="soft"),
        StackingClassifier([("a", inside)], cv=2),
        CalibratedClassifierCV(inside, cv=2),
    ):
        proof(estimator.fit(frame, TWO), [{"age": 1.5, "city": "Bern", "ca": 2}])


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (StackingClassifier([("a", GaussianNB())], cv="prefit", stack_method="predict"), "hands labels on"),
        (TARGET(Ridge(), transformer=QuantileTransformer(n_quantiles=5)), "with QuantileTransformer has no plain form"),
        (
            TARGET(Ridge(), func=np.abs, inverse_func=lambda y: y + 1, check_inverse=False),
            "the function <lambda> has no plain form",
        ),
    ],
    ids=number,
)
def test_what_is_not_reproduced_says_why(estimator, reason):
    if isinstance(estimator, StackingClassifier):
        estimator.estimators[0][1].fit(X, DIGITS)
    with pytest.raises(Unsupported, match=reason):
        proof(estimator.fit(X, DIGITS if isinstance(estimator, StackingClassifier) else Y))


def change_calibration(model):
    model.calibrated_classifiers_[1].calibrators[0].a_ *= 1 + 1e-9


def change_share(model):
    model.weights = [1, 1.0001]


def change_threshold(model):
    model.threshold = 0.3 + 1e-9


def change_stack(model):
    model.final_estimator_.coef_[0, 0] *= 1 + 1e-9


@pytest.mark.parametrize(
    ("estimator", "change"),
    [
        (CalibratedClassifierCV(LinearSVC(), cv=2), change_calibration),
        (VotingClassifier(VOTERS[:2], voting="soft", weights=[1, 1]), change_share),
        (FixedThresholdClassifier(LOGISTIC, threshold=0.3), change_threshold),
        (StackingClassifier(VOTERS[:2], cv=2), change_stack),
    ],
    ids=["calibration", "voting", "threshold", "stacking"],
)
def test_a_number_that_is_off_is_found(estimator, change):
    native, model = compiled(clone(estimator).fit(X, TWO))
    change(native.estimator)
    with pytest.raises(Unsupported, match="the plain form answers"):
        prove(native, model, every_probe(native, []))
