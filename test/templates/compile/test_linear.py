"""Linear models, vectors, naive Bayes, discriminants, centres and constants: each equal to the original on its probes."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from mlfn_compile.probes import every_probe
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    LarsCV,
    Lasso,
    LassoCV,
    LassoLars,
    LassoLarsCV,
    LassoLarsIC,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    MultiTaskElasticNet,
    MultiTaskLasso,
    OrthogonalMatchingPursuit,
    PassiveAggressiveClassifier,
    PassiveAggressiveRegressor,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDOneClassSVM,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4)) * [1, 10, 0.1, 3] + [0, 5, 1, 100]
TWO = np.where(X[:, 0] + RNG.normal(size=120) * 0.3 > 0, "ill", "well")
THREE = np.digitize(X[:, 0] + X[:, 1] / 10, [0.2, 0.9])
Y = X @ [1, 0.2, 3, 0.1] + RNG.normal(size=120) * 0.1
COUNTS = RNG.integers(0, 5, size=(120, 4)).astype(float)

CLASSIFIERS = [
    LogisticRegression(),
    LogisticRegression(solver="liblinear"),
    LogisticRegression(solver="newton-cholesky"),
    LogisticRegressionCV(Cs=2, cv=2),
    RidgeClassifier(),
    RidgeClassifierCV(),
    *(SGDClassifier(loss=loss) for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "huber")),
    Perceptron(),
    PassiveAggressiveClassifier(),
    LinearSVC(),
    SVC(kernel="linear"),
    SVC(kernel="linear", probability=True, random_state=0),
    SVC(kernel="linear", break_ties=True),
    NuSVC(kernel="linear", nu=0.2),
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto"),
    QuadraticDiscriminantAnalysis(),
    GaussianNB(),
    BernoulliNB(binarize=1.5),
    DummyClassifier(),
    DummyClassifier(strategy="most_frequent"),
]
REGRESSORS = [
    *(LinearRegression(), Ridge(), RidgeCV(), Lasso(), LassoCV(cv=2), ElasticNet(), ElasticNetCV(cv=2), Lars(), LarsCV(cv=2)),
    *(LassoLars(), LassoLarsCV(cv=2), LassoLarsIC(), BayesianRidge(), ARDRegression(), HuberRegressor(), QuantileRegressor()),
    *(TheilSenRegressor(max_subpopulation=50), OrthogonalMatchingPursuit(), SGDRegressor(), PassiveAggressiveRegressor()),
    *(LinearSVR(), SVR(kernel="linear"), NuSVR(kernel="linear"), DummyRegressor(), DummyRegressor(strategy="median")),
]


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=str)
def test_classifiers(estimator, labels):
    told = proof(estimator.fit(X, labels))
    assert told["probes"] > 400
    assert 0 < told["refused"] < told["probes"] / 4


@pytest.mark.parametrize("estimator", REGRESSORS, ids=str)
def test_regressors(estimator):
    assert proof(estimator.fit(X, Y))["probes"] > 400


@pytest.mark.parametrize(
    "estimator", [LinearRegression(), Ridge(), MultiTaskLasso(), MultiTaskElasticNet(), DummyRegressor()], ids=str
)
def test_several_targets(estimator):
    proof(estimator.fit(X, np.column_stack([Y, X[:, 0] - Y])))
    if not str(estimator).startswith("Multi"):
        proof(estimator.fit(X, Y[:, None]))


@pytest.mark.parametrize(
    "estimator", [PoissonRegressor(), GammaRegressor(), TweedieRegressor(power=1.5), TweedieRegressor()], ids=str
)
def test_generalised_linear_models(estimator):
    proof(estimator.fit(X / 10, np.exp(X[:, 0] / 3) + 0.1))


@pytest.mark.parametrize("estimator", [MultinomialNB(), ComplementNB(), CategoricalNB(), BernoulliNB(binarize=None)], ids=str)
@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two", "three"])
def test_naive_bayes_of_counts(estimator, labels):
    proof(estimator.fit((COUNTS > 2) * 1.0 if isinstance(estimator, BernoulliNB) else COUNTS, labels))


@pytest.mark.parametrize("chosen", ["multinomial", "ovr"])
def test_logistic_regression_as_older_versions_chose_it(chosen):
    proof(LogisticRegression(multi_class=chosen).fit(X, THREE))
    proof(LogisticRegression(multi_class=chosen).fit(X, TWO))


def test_several_labels_one_class_and_centres():
    proof(RidgeClassifier().fit(X, np.column_stack([TWO == "ill", THREE == 1])))
    proof(SGDOneClassSVM().fit(X))
    proof(KMeans(4, n_init=1, random_state=0).fit(X))
    proof(MiniBatchKMeans(3, n_init=1, random_state=0).fit(X))
    proof(DummyClassifier().fit(X, np.column_stack([TWO, TWO])))


@pytest.mark.parametrize("labels", [THREE == 1, THREE + 5, THREE.astype(float), np.array(["a", "b", "c"], object)[THREE]])
def test_labels_of_every_type(labels):
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    proof(LogisticRegression().fit(frame, labels), [dict(zip("abcd", X[0].tolist()))])


@pytest.mark.parametrize("estimator", [MultinomialNB(), BernoulliNB(), LogisticRegression(), LinearSVC(), SVC(kernel="linear")])
def test_where_most_is_zero(estimator):
    from sklearn.base import clone

    texts = ["good film", "fine and good", "bad film", "dull and bad", "so so"] * 6
    words = CountVectorizer()
    head = clone(estimator).fit(words.fit_transform(texts), [1, 1, 0, 0, 2] * 6)
    node_of = compiled(clone(estimator).fit(words.transform(texts).toarray(), [1, 1, 0, 0, 2] * 6))[1]
    ask = node_of._answer
    rows = words.transform(texts).toarray().tolist()
    for row in rows[:5]:
        assert ask({index: value for index, value in enumerate(row) if value}) == ask(row)
    assert [ask(row)[0] if node_of.probabilistic else ask(row) for row in rows] == head.predict(words.transform(texts)).tolist()


@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_what_was_fitted_on_other_numbers(dtype):
    numbers = X.astype(dtype)
    for estimator in (LogisticRegression(), Ridge(), GaussianNB(), SGDClassifier(loss="log_loss")):
        proof(estimator.fit(numbers, THREE))


def test_what_is_not_reproduced_says_why():
    for estimator, reason in (
        (SVC(), "SVC with the kernel rbf has no plain form"),
        (DummyClassifier(strategy="stratified"), "DummyClassifier draws lots"),
        (KMeans(2, n_init=1).set_params(), "KMeans of float32 has no plain form"),
    ):
        with pytest.raises(Unsupported, match=reason):
            proof(estimator.fit(X.astype("float32"), TWO))


@pytest.mark.parametrize(
    ("estimator", "attribute"),
    [
        (GaussianNB(), "theta_"),
        (GaussianNB(), "var_"),
        (QuadraticDiscriminantAnalysis(), "priors_"),
        (SVC(kernel="linear", probability=True), "_probA"),
        (SVC(kernel="linear", probability=True), "_intercept_"),
        (BernoulliNB(), "class_log_prior_"),
        (KMeans(2, n_init=1, random_state=0), "cluster_centers_"),
        (LinearSVC(), "coef_"),
        (SVC(kernel="linear"), "_intercept_"),
        (RidgeClassifier(), "intercept_"),
        (PoissonRegressor(), "coef_"),
    ],
    ids=str,
)
def test_a_number_that_is_off_is_found(estimator, attribute):
    native, model = compiled(estimator.fit(X, THREE))
    changed = getattr(estimator, attribute).copy()
    changed.flat[0] *= 1 + 1e-7
    setattr(estimator, attribute, changed)
    with pytest.raises(Unsupported, match="the plain form answers"):
        prove(native, model, every_probe(native, []))
