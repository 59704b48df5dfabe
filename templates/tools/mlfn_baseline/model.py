"""A model file, asked as its author would ask it: load, predict, apply the hooks."""

import importlib
import inspect
import json
import sys

from .columns import categories_of
from .refused import Refused
from .table import table
from .values import plain

NETWORKS = ("keras", "keras-h5", "saved-model", "torchscript", "torch-exported")


def open_model(job, stage):
    stage.enter("load")
    for name, module in job["main"].items():
        setattr(sys.modules["__main__"], name, getattr(importlib.import_module(module), name))
    model = load(job["artifact"], job["requests"])
    if not any(callable(getattr(model, name, None)) for name in ("predict", "transform", "__call__", "answered")):
        raise Refused(f"{type(model).__name__} can neither predict nor transform new data.")
    stage.enter("hooks")
    hooks = importlib.import_module(job["hooks"]) if job["hooks"] else None
    preprocess = getattr(hooks, "preprocess", None)
    if preprocess is None:
        stage.enter("load")
        if not hasattr(model, "answered"):
            categories_of(model)  # what the file does not tell is better said before any record is blamed
    postprocess = getattr(hooks, "postprocess", None)

    def answer(body):
        stage.enter("preprocess")
        taken = preprocess(json.loads(json.dumps(body))) if preprocess else body
        stage.enter("predict")
        try:
            result = predict(model, taken)
        except Exception:
            assert_fitted(model)  # says better why
            raise
        if postprocess:
            stage.enter("postprocess")
            result = call_declared(postprocess, {**result, "body": body})
        stage.enter("answer")
        return {"status": 200, "answer": plain(result)}

    return answer


def assert_fitted(model):
    while getattr(model, "steps", None):
        model = model.steps[-1][1]
    if type(model).__module__.startswith("sklearn."):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(model)


def load(artifact, requests):
    if artifact["format"] == "onnx":
        from .graph import GraphFile

        return GraphFile(artifact["file"])
    if artifact["format"] in NETWORKS:
        from .network import NetworkFile

        return NetworkFile(artifact["file"], artifact["format"], requests, artifact.get("inputs"))
    if artifact["format"] not in ("pickle", "joblib"):
        from .files import opened

        return opened(artifact["file"], artifact["format"])
    if artifact["format"] == "joblib":
        import joblib

        return joblib.load(artifact["file"])
    import pickle

    with open(artifact["file"], "rb") as file:
        return pickle.load(file)


def predict(model, taken):
    """What the model says of the records: {"predictions"} and, where it has them, "probabilities" and "classes"."""
    if hasattr(model, "answered"):
        return model.answered(taken)
    X = table(model, taken)
    ask = getattr(model, "predict", None) or getattr(model, "transform", None) or model
    result = {"predictions": listed(ask(X))}
    if hasattr(model, "predict") and hasattr(model, "predict_proba"):
        chances = model.predict_proba(X)
        # One array per output; by record it is [record][output][class].
        several = isinstance(chances, list)
        result["probabilities"] = [list(each) for each in zip(*map(listed, chances))] if several else listed(chances)
    if getattr(model, "classes_", None) is not None:
        result["classes"] = listed(model.classes_)
    return result


def listed(values):
    if isinstance(values, list):
        return [listed(each) for each in values]
    if hasattr(values, "toarray"):
        values = values.toarray()
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    return values.tolist() if hasattr(values, "tolist") else values


def call_declared(function, values):
    """Calls a hook with those of the values that it declares as parameters."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return function(**values)
    return function(**{name: values.get(name) for name in (parameter.name for parameter in parameters)})
