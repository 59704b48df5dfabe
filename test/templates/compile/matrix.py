"""Every estimator and pipeline of the table in docs/engines.md: made anew, fitted on little data, seeded."""

import inspect

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
    TweedieRegressor,
)
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

RNG = np.random.default_rng(5)
X = RNG.normal(size=(120, 4)) * [1, 10, 0.5, 3] + [0, 5, 1, 10]
WORDS = np.where(X[:, 0] + RNG.normal(size=120) * 0.3 > 0, "ill", "well")
KINDS = np.digitize(X[:, 0] + X[:, 1] / 10, [0.2, 0.9])
Y = X @ [1, 0.2, 3, 0.1] + RNG.normal(size=120) * 0.1
COUNTS = RNG.integers(0, 5, size=(120, 4))
HOLES = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
FLAGS = np.column_stack([WORDS == "ill", KINDS > 0]).astype(int)
FRAME = pd.DataFrame(
    {
        "age": HOLES[:, 0] * 9 + 50,
        "chol": X[:, 1],
        "ca": RNG.integers(0, 4, 120),
        "exang": RNG.choice([True, False], 120),
        "thal": RNG.choice(np.array(["normal", "fixed", np.nan], object), 120),
    }
)
TEXTS = ["good film", "fine and good, very good", "bad film", "dull and bad", "so so, fine"] * 24
RECORDS = [{"city": "Graz", "beds": 2}, {"city": "Linz", "beds": 3}, {"beds": 1}] * 40


def columns():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    return ColumnTransformer([("n", numbers, ["age", "chol"]), ("c", OneHotEncoder(), ["ca", "exang"]), ("w", words, ["thal"])])


def scaled(estimator):
    return make_pipeline(StandardScaler(), estimator)


CLASSIFIERS = [
    LogisticRegression(),
    LogisticRegressionCV(Cs=2, cv=2),
    RidgeClassifier(),
    SGDClassifier(loss="log_loss", random_state=0),
    SGDClassifier(loss="modified_huber", random_state=0),
    Perceptron(),
    LinearSVC(),
    SVC(kernel="linear"),
    SVC(kernel="linear", probability=True, random_state=0),
    SVC(),
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    GaussianNB(),
    DecisionTreeClassifier(max_depth=4, random_state=0),
    RandomForestClassifier(8, random_state=0),
    ExtraTreesClassifier(8, random_state=0),
    GradientBoostingClassifier(n_estimators=5, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
    AdaBoostClassifier(n_estimators=5, random_state=0),
    BaggingClassifier(DecisionTreeClassifier(max_depth=3), 5, random_state=0),
    KNeighborsClassifier(3),
    MLPClassifier(4, max_iter=20, random_state=0),
    SVC(kernel="poly", probability=True, random_state=0),
    KNeighborsClassifier(5, weights="distance", metric="manhattan"),
    DummyClassifier(),
    DummyClassifier(strategy="stratified"),
    CalibratedClassifierCV(LinearSVC(), cv=2),
    CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"),
    VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft"),
    VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB()), ("c", LinearSVC())]),
    StackingClassifier([("a", DecisionTreeClassifier(max_depth=3)), ("b", LinearSVC())], cv=2),
    OneVsRestClassifier(LogisticRegression()),
    OneVsOneClassifier(LinearSVC()),
    GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 3]}, cv=2),
    *(
        make_pipeline(step, LogisticRegression())
        for step in (
            *(StandardScaler(), MinMaxScaler(), RobustScaler(), Normalizer(), PolynomialFeatures(2), PowerTransformer()),
            *(
                QuantileTransformer(n_quantiles=10),
                KBinsDiscretizer(3),
                FunctionTransformer(np.arcsinh),
                PCA(2),
                SelectKBest(k=2),
            ),
            FeatureUnion([("a", StandardScaler()), ("b", MinMaxScaler())]),
        )
    ),
]
REGRESSORS = [
    *(LinearRegression(), Ridge(), Lasso(), ElasticNet(), BayesianRidge(), HuberRegressor(), QuantileRegressor(), SGDRegressor()),
    *(LinearSVR(), SVR(kernel="linear"), SVR(), KNeighborsRegressor(3), DecisionTreeRegressor(max_depth=4, random_state=0)),
    RandomForestRegressor(8, random_state=0),
    GradientBoostingRegressor(n_estimators=5, random_state=0),
    HistGradientBoostingRegressor(max_iter=5, random_state=0),
    VotingRegressor([("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3, random_state=0))]),
    TransformedTargetRegressor(Ridge(), func=np.arcsinh, inverse_func=np.sinh),
    GaussianProcessRegressor(),
    MLPRegressor(4, max_iter=20, random_state=0),
]


def models():
    """Yields (what it is, a fitted model)."""
    for estimator in CLASSIFIERS:
        yield name_of(estimator), estimator.fit(X, WORDS if "OneVs" not in str(estimator) else KINDS)
    for estimator in REGRESSORS:
        yield name_of(estimator), estimator.fit(X, Y)
    for estimator in (PoissonRegressor(), TweedieRegressor(power=1.5)):
        yield name_of(estimator), estimator.fit(X / 10, np.exp(X[:, 0] / 3))
    for estimator in (MultinomialNB(), ComplementNB(), CategoricalNB(), BernoulliNB()):
        yield name_of(estimator) + ", counts", estimator.fit(COUNTS, WORDS)
    for estimator in (MultiOutputClassifier(LogisticRegression()), ClassifierChain(LogisticRegression())):
        yield name_of(estimator), estimator.fit(X, FLAGS)
    yield "MultiOutputRegressor", MultiOutputRegressor(Ridge()).fit(X, np.column_stack([Y, -Y]))
    yield "FixedThresholdClassifier", FixedThresholdClassifier(LogisticRegression(), threshold=0.3).fit(X, WORDS)
    for estimator in (KMeans(3, n_init=1, random_state=0), GaussianMixture(2, random_state=0)):
        yield name_of(estimator), estimator.fit(X)
    yield "IsolationForest", IsolationForest(n_estimators=5, random_state=0).fit(X)
    yield "SimpleImputer > LogisticRegression", make_pipeline(SimpleImputer(), LogisticRegression()).fit(HOLES, WORDS)
    yield "KNNImputer > LogisticRegression", make_pipeline(KNNImputer(), LogisticRegression()).fit(HOLES, WORDS)
    yield "HistGradientBoostingClassifier, missing values", HistGradientBoostingClassifier(max_iter=5).fit(HOLES, WORDS)
    yield "ColumnTransformer > LogisticRegression", make_pipeline(columns(), LogisticRegression()).fit(FRAME, WORDS)
    forest = make_pipeline(columns(), RandomForestClassifier(5, random_state=0))
    yield "ColumnTransformer > RandomForestClassifier", forest.fit(FRAME, WORDS)
    for heavy in (SVC(probability=True, random_state=0), KNeighborsClassifier(), MLPClassifier(8, max_iter=20, random_state=0)):
        yield f"ColumnTransformer > {name_of(heavy)}", make_pipeline(columns(), heavy).fit(FRAME, WORDS)
    ordinal = make_pipeline(OrdinalEncoder(), DecisionTreeClassifier(max_depth=3, random_state=0))
    yield "OrdinalEncoder > DecisionTreeClassifier", ordinal.fit(FRAME[["ca", "exang", "thal"]], WORDS)
    yield (
        "CalibratedClassifierCV of a pipeline of columns",
        CalibratedClassifierCV(make_pipeline(columns(), LinearSVC()), cv=2).fit(FRAME, WORDS),
    )
    for words in (CountVectorizer(), TfidfVectorizer(ngram_range=(1, 2)), HashingVectorizer(n_features=64)):
        yield f"{name_of(words)} > LogisticRegression", make_pipeline(words, LogisticRegression()).fit(TEXTS, KINDS)
    yield "TfidfVectorizer > MultinomialNB", make_pipeline(TfidfVectorizer(), MultinomialNB()).fit(TEXTS, KINDS)
    yield "DictVectorizer > Ridge", make_pipeline(DictVectorizer(), Ridge()).fit(RECORDS, [1.0, 2.0, 3.0] * 40)


SAID = ("loss", "kernel", "probability", "method", "voting", "strategy", "power", "weights", "metric")


def name_of(estimator):
    """Its class, and the parameters that matter here; of a pipeline, its steps."""
    if hasattr(estimator, "steps"):
        return " > ".join(name_of(step) for _, step in estimator.steps)
    given = estimator.get_params(deep=False)
    usual = inspect.signature(type(estimator)).parameters
    told = [name_of(given["estimator"])] if hasattr(given.get("estimator"), "get_params") else []
    told += [f"{name}={given[name]!r}" for name in SAID if name in given and given[name] != usual[name].default]
    return type(estimator).__name__ + (f"({', '.join(told)})" if told else "")
