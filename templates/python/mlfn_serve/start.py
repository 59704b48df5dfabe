"""From settings.json to the endpoint that answers."""

import json
import os
import sys

from .hooks import Hooks
from .problems import InitError

# Formats of models that take and give tensors.
TENSORS = ("onnx", "keras", "keras-h5", "saved-model", "torchscript", "torch-exported")


def start(root, version=None):
    """The endpoint of the package at `root`. Raises InitError with one sentence for what cannot be served."""
    # Lambda has no /dev/shm, so process pools cannot start there. This is joblib's own switch: everything that asks for
    # n_jobs runs one after the other, with the same answers, and multiprocessing is never imported.
    os.environ.setdefault("JOBLIB_MULTIPROCESSING", "0")
    try:
        with open(os.path.join(root, "settings.json"), encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError) as error:
        raise InitError(f"settings.json of the package could not be read: {error}") from error
    if settings.get("schema") != 1:
        raise InitError(f"settings.json has schema {settings.get('schema')!r}; this serving code knows 1.")
    code = os.path.join(root, "code")
    if code not in sys.path:
        sys.path.insert(0, code)
    name = settings["name"]
    release = _release(_version() if version is None else version)
    artifact = settings["artifact"]
    if artifact["kind"] == "python":
        from .function import endpoint

        return endpoint(name, release, _module(artifact["module"]), artifact)
    from .predict import ModelEndpoint

    hooks = _hooks(settings.get("hooks"))
    data = _data()

    def served(file, model):
        opened = _opened(file, model, settings)
        if "path" not in model:
            from .fetch import loaded

            loaded(file)
        return ModelEndpoint(name, release, opened, hooks, data)

    if artifact.get("pointed"):
        from .reload import Watch

        return Watch(served).start()
    return served(_model_file(root, artifact), artifact)


def _opened(file, model, settings):
    """The model, loaded without looking for garbage: among a thousand new modules there is none, and the looking takes a
    seventh of the time (measured with scikit-learn and pandas). What is loaded is never looked through again."""
    import gc

    collects = gc.isenabled()
    gc.disable()
    try:
        opened = _open(file, model, settings)
        if not settings["artifact"].get("pointed"):  # else another model takes its place one day
            gc.freeze()
        return opened
    finally:
        if collects:
            gc.enable()


def _open(file, model, settings):
    """The model by the engine that its file is for. Each is imported only where it is used."""
    if model["format"] == "plain":
        from .plain import PlainModel

        return PlainModel(file)
    if model["format"] in TENSORS:
        from .tensors import TensorModel

        origin = os.path.basename(model.get("path") or model.get("file") or "the model")
        if model["format"] == "onnx":
            return TensorModel(file, origin)
        return TensorModel(file, origin, {"format": model["format"], "inputs": settings["artifact"].get("inputs")})
    from .model import Model, load

    estimator = load(file, model["format"], settings.get("main") or {})
    return Model(estimator, model.get("path") or model.get("file") or "the model")


def _model_file(root, artifact):
    if artifact.get("fetched"):
        from .fetch import fetch

        return fetch()
    return os.path.join(root, *artifact["path"].split("/"))


def _data():
    """What reads the objects that requests name, where any may be."""
    told = os.environ.get("MLFN_DATA")
    if not told:
        return None
    from .data import Data

    return Data(json.loads(told))


def _version():
    """The release where the target tells it; else what the platform calls this version, which locally is the same."""
    return os.environ.get("MLFN_RELEASE") or os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")


def _release(version):
    return int(version) if version.isdigit() else version or None


def _hooks(name):
    if not name:
        return Hooks()
    module = _module(name)
    hooks = Hooks(module)
    if hooks.preprocess is None and hooks.postprocess is None:
        raise InitError(f"{name}.py defines neither preprocess nor postprocess.")
    return hooks


def _module(name):
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = "is not in the package" if error.name == name else f"needs {error.name}, which is not in the package"
        raise InitError(f"The module {name} {missing}.") from error
    except Exception as error:
        raise InitError(f"The module {name} could not be imported: {type(error).__name__}: {error}{_place(error)}") from error


def _place(error):
    """` (app.py, line 3)`: where in the user's own code; of an import that fails Lambda logs this sentence and no trace of it."""
    found, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if f"{os.sep}code{os.sep}" in file:
            found = f" ({os.path.basename(file)}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
