"""CatBoost. Its wheel is large: it is fetched for this file alone."""

import os
import subprocess
import sys

import numpy as np
import pytest
from lab import compiled, proof
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from mlfn_serve.model import Model, load

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
X[:, 3] = RNG.integers(0, 12, 300)
HOLES = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
YES = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.where(X[:, 0] > 0.5, 2, YES)
NUMBERS = abs(3 * X[:, 0] + X[:, 3] % 5) + 0.1
ROWS = [[None if value != value else value for value in row] for row in HOLES.tolist()]
EDGES = [[edge, 0.0, -1e-35, edge] for edge in (0.0, -0.0, 1e-46, 1e300, -1e300, 2.5, 16777217.0, 1e12, None, True)]


@pytest.fixture(scope="module", autouse=True)
def packages(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("packages"))
    uv = os.path.join(os.path.dirname(sys.executable), "uv")
    how = ["--quiet", "--python", sys.executable, "--target", folder, "--no-deps", "--only-binary", ":all:"]
    subprocess.run([uv, "pip", "install", *how, "catboost==1.2.10", "graphviz==0.20.3", "six==1.17.0"], check=True)
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)


def cat(name, **how):
    import catboost

    return getattr(catboost, name)(
        **{"iterations": 20, "depth": 4, "verbose": 0, "thread_count": 1, "allow_writing_files": False, **how}
    )


def exact(estimator):
    native, model = compiled(estimator)
    told = prove(native, model, [ROWS, *EDGES, [*EDGES[0][:3], "a"]])
    assert told["refused"] == 1
    assert told["largestDifference"] < 1e-12
    told = proof(estimator)
    assert told["probes"] > 100
    assert told["largestDifference"] < 1e-12


CLASSIFIERS = [
    ({}, YES),
    ({}, np.array(["no", "yes"])[YES]),
    ({"loss_function": "CrossEntropy"}, YES),
    ({}, THREE),
    ({"loss_function": "MultiClassOneVsAll"}, np.array(list("abc"))[THREE]),
    ({"grow_policy": "Lossguide", "max_leaves": 9}, YES),
    ({"grow_policy": "Depthwise"}, THREE),
    ({"nan_mode": "Max"}, YES),
    ({"boost_from_average": True}, YES),
]


@pytest.mark.parametrize("how,labels", CLASSIFIERS)
def test_classifiers(how, labels):
    exact(cat("CatBoostClassifier", **how).fit(HOLES, labels))


REGRESSORS = [
    ({}, NUMBERS),
    ({"loss_function": "MAE"}, NUMBERS),
    ({"loss_function": "Quantile:alpha=0.9"}, NUMBERS),
    ({"loss_function": "Poisson"}, NUMBERS),
    ({"loss_function": "Tweedie:variance_power=1.5"}, NUMBERS),
    ({"loss_function": "MultiRMSE"}, np.stack([NUMBERS, X[:, 1]], axis=1)),
    ({"grow_policy": "Lossguide", "max_leaves": 9, "nan_mode": "Max"}, NUMBERS),
]


@pytest.mark.parametrize("how,goal", REGRESSORS)
def test_regressors(how, goal):
    exact(cat("CatBoostRegressor", **how).fit(HOLES, goal))


def test_a_ranker():
    exact(cat("CatBoostRanker", loss_function="YetiRank").fit(HOLES, THREE, group_id=np.repeat(np.arange(30), 10)))


@pytest.mark.parametrize("name,goal", [("CatBoostClassifier", THREE), ("CatBoostRegressor", NUMBERS)])
def test_its_own_file(tmp_path, name, goal):
    cat(name).fit(HOLES, goal).save_model(str(tmp_path / "m.cbm"))
    exact(load(str(tmp_path / "m.cbm"), "catboost", {}))


def test_columns_by_name():
    import pandas as pd

    table = pd.DataFrame(HOLES, columns=["age", "chol", "rate", "visits"])
    told = proof(cat("CatBoostClassifier").fit(table, YES))
    assert told["probes"] > 100


def test_what_stays_with_its_library():
    import catboost
    import pandas as pd

    table = pd.DataFrame({"a": X[:, 0], "b": np.array(list("xyz"))[RNG.integers(0, 3, 300)]})
    with pytest.raises(Unsupported, match="categorical features"):
        compiled(cat("CatBoostClassifier", cat_features=["b"]).fit(table, YES))
    with pytest.raises(Unsupported, match="RMSEWithUncertainty"):
        compiled(cat("CatBoostRegressor", loss_function="RMSEWithUncertainty").fit(X, NUMBERS))
    own = cat("CatBoostClassifier").fit(X, YES)
    own.set_probability_threshold(0.3)
    with pytest.raises(Unsupported, match="threshold of its own"):
        compiled(own)
    assert Model(own, "m.cbm").predict
    assert isinstance(own, catboost.CatBoost)
