"""Random pipelines on random data: what the proof lets through must hold on rows that it has not seen.

MLFN_FUZZ=2000 python -m pytest test/templates/compile/test_fuzz.py
"""

import os
import warnings

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab import compiled
from mlfn_compile.probes import every_probe
from mlfn_compile.prove import prove
from mlfn_compile.thresholds import thresholds
from mlfn_compile.unsupported import Unsupported
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

EXAMPLES = int(os.environ.get("MLFN_FUZZ", "8"))
FRESH = 300

NUMBERS = [
    *(StandardScaler(), StandardScaler(with_mean=False), MinMaxScaler(), MinMaxScaler(clip=True), RobustScaler(), MaxAbsScaler()),
    *(Normalizer(), Normalizer("max"), PolynomialFeatures(2), PolynomialFeatures(2, interaction_only=True), PCA(2)),
    *(QuantileTransformer(n_quantiles=7), KBinsDiscretizer(3, encode="ordinal"), KBinsDiscretizer(3), "passthrough"),
]
CODES = [
    *(OneHotEncoder(), OneHotEncoder(handle_unknown="ignore"), OneHotEncoder(drop="if_binary"), OneHotEncoder(max_categories=2)),
    *(OneHotEncoder(sparse_output=False), OrdinalEncoder()),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
]
FILLS = [SimpleImputer(), SimpleImputer(strategy="median"), SimpleImputer(strategy="constant"), SimpleImputer(add_indicator=True)]
LEARNERS = [
    *(LogisticRegression(), LogisticRegression(solver="liblinear"), SGDClassifier(loss="modified_huber"), RidgeClassifier()),
    *(LinearSVC(), SVC(kernel="linear"), SVC(kernel="linear", probability=True), GaussianNB(), BernoulliNB()),
    *(
        DecisionTreeClassifier(),
        RandomForestClassifier(4),
        ExtraTreesClassifier(4, max_depth=4),
        GradientBoostingClassifier(n_estimators=4),
    ),
    HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=4),
    OneVsRestClassifier(LogisticRegression()),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3))], voting="soft"),
    StackingClassifier([("a", DecisionTreeClassifier(max_depth=3)), ("b", GaussianNB())], cv=2),
    *(
        Ridge(),
        DecisionTreeRegressor(max_depth=5),
        RandomForestRegressor(4),
        HistGradientBoostingRegressor(max_iter=4, min_samples_leaf=4),
    ),
]


def data(random, rows):
    """Columns of every kind; `rows` of them, drawn alike each time."""
    numbers = random.normal(size=(rows, 3)) * [1, 100, 1e-3] + [0, 50, 0]
    numbers[:, 2] = np.round(numbers[:, 2], 3)
    holes = np.where(random.random(rows) < 0.15, np.nan, random.normal(size=rows))
    return pd.DataFrame(
        {
            **{"a": numbers[:, 0], "b": numbers[:, 1], "c": numbers[:, 2], "d": holes, "e": random.integers(0, 3, rows)},
            "f": random.choice(["Bern", "Köln", "12", ""], rows),
            "g": random.choice([True, False], rows),
        }
    )


def fresh(random):
    """Records that nobody chose: most as in training, some odd."""
    frame = data(random, FRESH).astype(object)
    records = frame.where(frame.notna(), None).to_dict("records")
    odd = [None, 0, -0.0, 1e-310, 1e20, -1e20, 1e300, "Bern", "Rom", "1", True, 2, 1.5, -1]
    for record in records[::3]:
        record[random.choice(list(record))] = odd[random.integers(len(odd))]
    return [{key: value.item() if hasattr(value, "item") else value for key, value in record.items()} for record in records]


def fitted(random, choice):
    numbers, codes, fill, learner, arrays = choice
    frame = data(random, 90)
    target = frame.a + 0.01 * frame.b + (frame.f == "Bern") + random.normal(size=90) * 0.2
    regress = type(learner).__name__.endswith(("Ridge", "Regressor"))
    labels = (
        target
        if regress
        else np.array(["low", "middle", "high"])[np.digitize(target, [0.2, 1.2] if random.random() < 0.5 else [0.6])]
    )
    if hasattr(learner, "random_state"):
        learner.set_params(random_state=int(random.integers(1000)))
    if arrays:
        steps = [fill, *([] if numbers == "passthrough" else [numbers]), learner]
        return make_pipeline(*steps).fit(frame[["a", "b", "c", "d", "e"]].to_numpy(dtype=float), labels), arrays
    columns = make_column_transformer((make_pipeline(fill, numbers), ["d", "a"]), (numbers, ["b", "c"]), (codes, ["e", "f", "g"]))
    return make_pipeline(columns, learner).fit(frame, labels), arrays


COUNTS = {"plain": 0, "native": 0}


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 50, suppress_health_check=list(HealthCheck), database=None
)
@given(
    st.tuples(*(st.sampled_from(each) for each in (NUMBERS, CODES, FILLS, LEARNERS)), st.booleans()),
    st.integers(0, 2**32 - 1),
)
def test_what_the_proof_lets_through_holds_on_fresh_rows(choice, seed):
    random = np.random.default_rng(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model, arrays = fitted(random, [each if isinstance(each, (str, bool)) else clone_of(each) for each in choice])
        except ValueError:  # scikit-learn does not fit it
            return
        try:
            native, plain = compiled(model)
            prove(native, plain, [*every_probe(native, []), *thresholds(plain)])
        except Unsupported as reason:
            COUNTS["native"] += 1
            print(f"native: {reason} of {choice}")
            assert "form" in str(reason)
            return
        COUNTS["plain"] += 1
        records = fresh(random)
        bodies = [[record[name] for name in "abcde"] for record in records] if arrays else records
        prove(native, plain, [*bodies, bodies[:50]])


def clone_of(estimator):
    from sklearn.base import clone

    return clone(estimator)


def test_most_of_them_have_a_plain_form():
    assert COUNTS["plain"] > COUNTS["native"]
    print(COUNTS)
