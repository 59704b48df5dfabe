"""Writes a folder for each flavor as MLflow 3.17 lays it out, and answers.json: the models' own for rows.json. FOLDER"""

import json
import pickle
import sys
from pathlib import Path

import lightgbm
import numpy
import onnx
import onnxruntime
import pandas
import skl2onnx
import sklearn
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

folder = Path(sys.argv[1])
rows = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(80, 2)), columns=["age", "chol"])
side = (rows["age"] + rows["chol"] > 0).astype(int)
asked = rows[:3]
answers = {}

ENV = """channels:
- conda-forge
dependencies:
- python=3.12.1
- pip<=23.2.1
- pip:
  - mlflow==3.17.2
name: mlflow-env
"""


def lay(flavor, entry, data, requirements, code=None):
    """The files beside a model, as `mlflow.FLAVOR.save_model` writes them; the folder."""
    model = folder / flavor
    model.mkdir()
    own = "".join(f"    {key}: {value}\n" for key, value in sorted({"code": code or "null", **entry}.items()))
    text = f"""flavors:
  {flavor}:
{own}  python_function:
{f"    code: {code}" + chr(10) if code else ""}    data: {data}
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.{flavor}
    python_version: 3.12.1
is_signature_from_type_hint: false
mlflow_version: 3.17.2
model_id: null
model_uuid: 604f7b9d666742b3afb2062d715ff89f
type_hint_from_example: false
utc_time_created: '2026-11-21 19:07:11.302866'
"""
    (model / "MLmodel").write_text(text)
    (model / "conda.yaml").write_text(ENV)
    (model / "python_env.yaml").write_text("python: 3.12.1\ndependencies:\n- -r requirements.txt\n")
    (model / "requirements.txt").write_text("\n".join(["mlflow==3.17.2", *requirements]))
    return model


# A class of the user's own, in what `code_paths` brings along.
code = folder / "sklearn-code"
code.mkdir()
(code / "steps.py").write_text("""from sklearn.base import BaseEstimator, TransformerMixin


class Twice(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.feature_names_in_ = X.columns.to_numpy()
        return self

    def transform(self, X):
        return X * 2
""")
sys.path.insert(0, str(code))
from steps import Twice  # noqa: E402

pins = [f"numpy=={numpy.__version__}", f"pandas=={pandas.__version__}", f"scikit-learn=={sklearn.__version__}"]
model = lay("sklearn", {"pickled_model": "model.pkl", "sklearn_version": sklearn.__version__}, "model.pkl", pins, "code")
code.rename(model / "code")
pipeline = make_pipeline(Twice(), LogisticRegression()).fit(rows, side)
(model / "model.pkl").write_bytes(pickle.dumps(pipeline))
answers["sklearn"] = pipeline.predict(asked).tolist()

entry = {"data": "model.ubj", "model_class": "xgboost.sklearn.XGBClassifier", "xgb_version": xgboost.__version__}
model = lay("xgboost", entry, "model.ubj", [f"xgboost=={xgboost.__version__}", *pins])
booster = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(rows, side)
booster.save_model(model / "model.ubj")
answers["xgboost"] = booster.predict(asked).tolist()

entry = {"data": "model.lgb", "lgb_version": lightgbm.__version__, "model_class": "lightgbm.basic.Booster"}
model = lay("lightgbm", entry, "model.lgb", [f"lightgbm=={lightgbm.__version__}", *pins])
trees = lightgbm.LGBMRegressor(n_estimators=3, verbose=-1).fit(rows, rows["age"])
trees.booster_.save_model(model / "model.lgb")
answers["lightgbm"] = trees.predict(asked).tolist()

entry = {"data": "model.onnx", "onnx_session_options": "null", "onnx_version": onnx.__version__}
model = lay("onnx", entry, "model.onnx", [f"onnx=={onnx.__version__}", f"onnxruntime=={onnxruntime.__version__}"])
plain = LogisticRegression().fit(rows.to_numpy("f4"), side)
graph = skl2onnx.to_onnx(plain, rows.to_numpy("f4"), options={"zipmap": False})
onnx.save_model(graph, model / "model.onnx", save_as_external_data=True)
answers["onnx"] = plain.predict(asked.to_numpy("f4")).tolist()

(folder / "rows.json").write_text(json.dumps({"dataframe_split": asked.to_dict("split")}))
(folder / "answers.json").write_text(json.dumps(answers))
