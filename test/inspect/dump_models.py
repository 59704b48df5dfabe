"""Fits models, saves them in every way, and says what each of them is: `dump_models.py FOLDER [estimators | composed]`."""

import inspect
import json
import os
import pickle
import sys
import warnings
from functools import partial

import joblib
import numpy as np
import pandas as pd
import scipy.special
import scipy.stats
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import all_estimators

warnings.simplefilter("ignore")

X, y = make_classification(60, 4, n_informative=3, n_redundant=0, random_state=0)
POSITIVE = np.abs(X)
FITS = [
    (X, y),
    (POSITIVE, y),
    (POSITIVE, y + 1.0),
    (POSITIVE,),
    (X, np.c_[y, y]),
    (POSITIVE, POSITIVE[:, :2]),
    (y.astype(float), y.astype(float)),
    (["a b", "b c"] * 30,),
    (X @ X.T,),
]
FRAME = pd.DataFrame(POSITIVE, columns=["a", "b", "c", "d é"]).assign(cat=["u", "v", "w"] * 20)
NUMBERS = FRAME[["a", "b", "c"]]
LABELS = np.array(["no", "yes"])[y]


def arguments(name, cls):
    """What an estimator needs to be made at all."""
    names = inspect.signature(cls.__init__).parameters
    regressor = "Regressor" in name or name == "RegressorChain"
    made = {
        "estimator": Ridge() if regressor else LogisticRegression(),
        "estimators": [("a", Ridge()), ("b", Ridge(alpha=2))] if regressor else [("a", LogisticRegression()), ("b", SVC())],
        "base_estimator": LogisticRegression(),
        "steps": [("s", StandardScaler()), ("c", LogisticRegression())],
        "transformer_list": [("s", StandardScaler())],
        "transformers": [("s", StandardScaler(), [0, 1])],
        "param_grid": {"C": [1, 2]},
        "param_distributions": {"C": scipy.stats.uniform(0.1, 1)},
        "dictionary": X[:3],
    }
    given = {key: value for key, value in made.items() if key in names and names[key].default is inspect.Parameter.empty}
    if name in ("RANSACRegressor", "TransformedTargetRegressor"):
        return {}
    if name == "FrozenEstimator":
        return {"estimator": LogisticRegression().fit(X, y)}
    if name in ("GaussianRandomProjection", "SparseRandomProjection"):
        return {"n_components": 2}
    return given


def fitted(name, cls):
    for data in FITS:
        model = cls(**arguments(name, cls))
        try:
            return model.fit(*data)
        except Exception:
            continue
    return cls(**arguments(name, cls))


def estimators():
    for name, cls in all_estimators():
        try:
            model = fitted(name, cls)
            pickle.dumps(model)
        except Exception as error:
            print(f"{name} is not covered: {error!r}"[:200], file=sys.stderr)
            continue
        yield name, model


def composed():
    numbers = Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler())])
    prepare = ColumnTransformer(
        [
            ("numbers", numbers, ["a", "b"]),
            ("categories", OneHotEncoder(), ["cat"]),
            ("rest", "passthrough", make_column_selector("c$")),
        ]
    )
    union = FeatureUnion([("powers", PolynomialFeatures()), ("best", SelectKBest(f_classif, k=2))])
    vote = VotingClassifier([("line", LogisticRegression()), ("forest", RandomForestClassifier(3))], voting="soft")
    whole = Pipeline([("prepare", prepare), ("union", union), ("vote", vote)])
    scorer = make_scorer(f1_score, pos_label="yes")
    yield "search", GridSearchCV(whole, {"vote__line__C": [1, 2]}, scoring=scorer).fit(FRAME, LABELS)
    yield "random", RandomizedSearchCV(LogisticRegression(), {"C": scipy.stats.loguniform(0.1, 1)}, n_iter=2).fit(NUMBERS, LABELS)
    stack = StackingClassifier([("line", LogisticRegression()), ("machine", SVC())], final_estimator=RidgeClassifier())
    yield "stack", stack.fit(NUMBERS, LABELS)
    yield "calibrated", CalibratedClassifierCV(LinearSVC()).fit(NUMBERS, LABELS)
    yield "target", TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1).fit(NUMBERS, y)
    clip = FunctionTransformer(partial(np.clip, a_min=0, a_max=1))
    functions = make_pipeline(FunctionTransformer(np.log1p), FunctionTransformer(scipy.special.expit), clip, LogisticRegression())
    yield "functions", functions.fit(NUMBERS, LABELS)
    yield "mask", make_column_transformer((StandardScaler(), [True, False, True]), (MinMaxScaler(), ["b"])).fit(NUMBERS)
    remainder = make_column_transformer((OrdinalEncoder(), ["cat"]), remainder=StandardScaler())
    yield "boosting", make_pipeline(remainder, HistGradientBoostingClassifier(max_iter=3)).fit(FRAME, LABELS)
    yield "kernel", GaussianProcessClassifier(1.0 * RBF(1.0) + WhiteKernel()).fit(NUMBERS, LABELS)
    yield "booleans", LogisticRegression().fit(X, y == 1)
    yield "floats", LogisticRegression().fit(X, y + 1.0)
    yield "categories", LogisticRegression().fit(X, pd.Series(LABELS, dtype="category"))
    yield "objects", LogisticRegression().fit(X, LABELS.astype(object))
    yield "columns-by-number", LogisticRegression().fit(pd.DataFrame(X), y)
    both = np.c_[LABELS, np.where(X[:, 1] > 0, "up", "down")]
    yield "outputs", MultiOutputClassifier(LogisticRegression()).fit(NUMBERS, both)
    yield "trees-outputs", RandomForestClassifier(3).fit(X, np.c_[y, y + 3])
    yield "not-fitted", make_pipeline(StandardScaler(), LogisticRegression())


def plain(value):
    return value.tolist() if isinstance(value, np.ndarray) and value.ndim == 1 else None


def truth(model):
    """What the card must say, asked of the model itself."""

    def ask(name):
        try:
            return getattr(model, name)
        except Exception:
            return None

    features = plain(ask("feature_names_in_"))
    classes = ask("classes_")
    count = ask("n_features_in_")
    return {
        "class": f"{type(model).__module__}.{type(model).__qualname__}",
        "version": sklearn.__version__,
        "features": features,
        "count": None if count is None else int(count),
        "classes": plain(classes),
        "outputs": [plain(each) for each in classes] if isinstance(classes, list) else None,
    }


folder, which = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
models = {}
for position, (name, model) in enumerate({"estimators": estimators, "composed": composed}[which]()):
    said = truth(model)
    protocols = range(6) if which == "composed" else [0 + position % 2, 2 + position % 2, 4 + position % 2]
    for protocol in protocols:
        file = f"{name}.{protocol}.pkl"
        with open(os.path.join(folder, file), "wb") as opened:
            pickle.dump(model, opened, protocol)
        models[file] = said
    for suffix, compress in {"joblib": 0, "zlib": ("zlib", 1)}.items():
        file = f"{name}.{suffix}"
        joblib.dump(model, os.path.join(folder, file), compress=compress)
        models[file] = said
print(json.dumps(models))
