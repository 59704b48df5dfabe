"""Boosters and skops in their own files, as estimators: what the serving code opens, and what the baseline makes of the same."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mlfn_serve.bodies import read
from mlfn_serve.files import OPENERS
from mlfn_serve.model import Model, load

TOOLS = Path(__file__).resolve().parents[3] / "templates" / "tools"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
YES = (X[:, 0] > 0).astype(int)
THREE = np.where(X[:, 0] > 0.5, 2, YES)
NUMBERS = 3 * X[:, 0] + X[:, 1]
NAMES = ["age", "chol", "rate"]
# Estimators of LightGBM 4.6 tell names that it made up, those of 4.7 do not.
LIGHTGBMS = ("4.6.0", "4.7.0")
PACKAGES = ("xgboost-cpu==3.1.2", "narwhals==2.13.0", "skops==0.16.0", "prettytable==3.16.0", "wcwidth")


@pytest.fixture(scope="module", autouse=True, params=LIGHTGBMS)
def packages(request, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("packages"))
    uv = os.path.join(os.path.dirname(sys.executable), "uv")
    how = ["--quiet", "--python", sys.executable, "--target", folder, "--no-deps", "--only-binary", ":all:"]
    subprocess.run([uv, "pip", "install", *how, *PACKAGES, f"lightgbm=={request.param}"], check=True)
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "lightgbm"}
    sys.path[:0] = [folder, str(TOOLS)]
    yield
    sys.path.remove(folder)
    sys.path.remove(str(TOOLS))
    for name in [name for name in sys.modules if name.partition(".")[0] == "lightgbm"]:
        del sys.modules[name]
    sys.modules.update(kept)


def xgb(file, goal, labels, **how):
    import xgboost

    data = xgboost.DMatrix(X, labels, feature_names=NAMES)
    if goal.startswith("rank:"):
        data.set_group([100, 100])
    booster = xgboost.train({"objective": goal, "max_depth": 3, **how}, data, 8)
    booster.save_model(file)
    return booster


def lgb(file, goal, labels, names="auto", **how):
    import lightgbm

    data = lightgbm.Dataset(X, labels, feature_name=names, group=[100, 100] if goal == "lambdarank" else None)
    booster = lightgbm.train({"objective": goal, "verbose": -1, **how}, data, 8)
    booster.save_model(file)
    return booster


XGBOOST = [
    ("m.json", "binary:logistic", YES, {}, "XGBClassifier"),
    ("m.ubj", "binary:logistic", YES, {}, "XGBClassifier"),
    ("m.json", "multi:softprob", THREE, {"num_class": 3}, "XGBClassifier"),
    ("m.ubj", "multi:softmax", THREE, {"num_class": 3}, "XGBClassifier"),
    ("m.json", "reg:squarederror", NUMBERS, {}, "XGBRegressor"),
    ("m.json", "reg:logistic", YES, {}, "XGBRegressor"),
    ("m.ubj", "rank:ndcg", THREE, {}, "XGBRanker"),
    ("m.json", "binary:logistic", YES, {"booster": "dart"}, "XGBClassifier"),
    ("m.json", "reg:squarederror", NUMBERS, {"booster": "gblinear"}, "XGBRegressor"),
]
LIGHTGBM = [
    ("binary", YES, {}, "LGBMClassifier"),
    ("binary", YES, {"names": NAMES}, "LGBMClassifier"),
    ("multiclass", THREE, {"num_class": 3}, "LGBMClassifier"),
    ("multiclassova", THREE, {"num_class": 3}, "LGBMClassifier"),
    ("regression", NUMBERS, {"names": NAMES}, "LGBMRegressor"),
    ("cross_entropy", YES, {}, "LGBMRegressor"),
    ("lambdarank", THREE, {}, "LGBMRanker"),
]


def opened(file, kind, name):
    model = Model(load(str(file), kind, {}), file.name)
    assert type(model.estimator).__name__ == name
    rows = [dict(zip(model.schema.by_name, row)) for row in X.tolist()] if model.schema.shape == "record" else X.tolist()
    found = model.predict(read(rows, model.schema))
    own = importlib.import_module("mlfn_baseline.model")
    expected = own.predict(own.load({"file": str(file), "format": kind}, []), rows)
    assert found[0] == expected["predictions"]
    assert found[1] == expected.get("probabilities")
    assert model.classes == expected.get("classes")
    return model, *found


@pytest.mark.parametrize(("name", "goal", "labels", "how", "kind"), XGBOOST)
def test_xgboost_by_its_objective(tmp_path, name, goal, labels, how, kind):
    import xgboost

    booster = xgb(str(tmp_path / name), goal, labels, **how)
    file = tmp_path / "renamed"  # told by its content
    (tmp_path / name).rename(file)
    model, predictions, probabilities = opened(file, f"xgboost-{name[2:]}", kind)
    assert list(model.schema.by_name) == NAMES
    raw = booster.predict(xgboost.DMatrix(X, feature_names=NAMES))
    if goal == "multi:softmax":
        np.testing.assert_array_equal(predictions, raw)
    elif kind == "XGBClassifier":
        np.testing.assert_allclose(np.array(probabilities)[:, 1:].squeeze(), raw[:, 1:] if raw.ndim == 2 else raw, rtol=1e-6)
        assert model.classes == list(range(len(probabilities[0])))
    else:
        np.testing.assert_allclose(predictions, raw, rtol=1e-6)


@pytest.mark.parametrize(("goal", "labels", "how", "kind"), LIGHTGBM)
def test_lightgbm_by_its_objective(tmp_path, goal, labels, how, kind):
    booster = lgb(str(tmp_path / "m.txt"), goal, labels, **how)
    model, predictions, probabilities = opened(tmp_path / "m.txt", "lightgbm", kind)
    assert model.schema.shape == ("record" if "names" in how else "row")
    raw = booster.predict(X)
    if kind == "LGBMClassifier":
        np.testing.assert_array_equal(predictions, raw.argmax(axis=1) if raw.ndim == 2 else (raw > 0.5).astype(int))
        np.testing.assert_allclose(np.array(probabilities)[:, 1:].squeeze(), raw[:, 1:] if raw.ndim == 2 else raw)
    else:
        np.testing.assert_array_equal(predictions, raw)


def test_skops_as_what_it_holds(tmp_path):
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, YES)
    skops.io.dump(pipeline, tmp_path / "m.skops")
    _, predictions, probabilities = opened(tmp_path / "m.skops", "skops", "Pipeline")
    assert predictions == pipeline.predict(X).tolist()
    assert probabilities == pipeline.predict_proba(X).tolist()


@pytest.mark.parametrize("kind", sorted(set(OPENERS) - {"catboost"}))
def test_a_file_that_is_something_else_is_told_of_in_one_sentence(tmp_path, kind):
    from mlfn_serve.problems import InitError

    (tmp_path / "m").write_bytes(b"not a model")
    with pytest.raises(InitError, match="^m could not be loaded: [^\n]+$"):
        load(str(tmp_path / "m"), kind, {})
