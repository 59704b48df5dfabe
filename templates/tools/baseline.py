"""The model's own answers to some request bodies, made as its author would make them: load, predict, apply the hooks.

Runs on the user's machine, in the locked environment, and never ships. It shares no code with the serving code, since
it is what that code is checked against. Standard library only at import; Python 3.9 to 3.14.

    python -I -S -B baseline.py JOB RESULT

JOB is a JSON file: {"name": the function's, "artifact": {"kind": "model", "file", "format"} | {"kind": "python",
"module", "attribute"}, "path": folders for sys.path, "hooks": module or null, "main": {class: module},
"requests": bodies, "timeout": seconds}.
RESULT becomes {"ok": true, "kind": "model" | "function" | "wsgi", "answers": [{"status", "answer"} | {"refused"}]} or
{"ok": false, "stage", "type", "message", "where", "trace"}. RESULT.stage names what is under way and RESULT.crash tells
where it hung or crashed. It ends when its standard input is closed: then the process that started it is gone.
"""

import base64
import decimal
import faulthandler
import importlib
import inspect
import io
import json
import math
import os
import sys
import threading
import traceback
import types
import urllib.parse
import uuid
import warnings


class Refused(Exception):
    """The request cannot be what the model takes; the message says why."""


def main(job_file, result_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    guard(job, result_file)
    stage = Stage(result_file + ".stage")
    try:
        result = run(job, stage)
    except BaseException as error:  # SystemExit too: a script without a main guard ends itself
        result = told(error, stage.name, job["path"])
    with open(result_file + ".part", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(result_file + ".part", result_file)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that the model left running do not hold it up


def guard(job, result_file):
    """What the model prints goes to stderr, what it reads is empty, and it cannot outlive its parent or its time."""
    parent = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    threading.Thread(target=end_with_parent, args=(parent,), daemon=True).start()
    crash = open(result_file + ".crash", "w", encoding="utf-8")  # noqa: SIM115
    faulthandler.enable(crash, all_threads=False)
    # A hang inside C code that holds the interpreter's lock is caught by this as well.
    faulthandler.dump_traceback_later(job["timeout"], exit=True, file=crash)


def end_with_parent(parent):
    while os.read(parent, 4096):
        pass
    os._exit(70)


class Stage:
    """Where the work is: kept in a file too, for when the process dies."""

    def __init__(self, file):
        self.file = file
        self.enter("start")

    def enter(self, name):
        self.name = name
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(name)


def run(job, stage):
    sys.path[:0] = job["path"]
    # The user's classes go into a __main__ of their own: this script's names must not be theirs.
    sys.modules["__main__"] = types.ModuleType("__main__")
    warnings.simplefilter("ignore")
    if job["artifact"]["kind"] == "python":
        kind, answer = open_function(job, stage)
    else:
        kind, answer = "model", open_model(job, stage)
    answers = []
    for number, body in enumerate(job["requests"]):
        try:
            answers.append(answer(body))
        except Exception as error:
            if number == 0:  # the sample itself; what comes after it are other ways to put it
                raise
            answers.append({"refused": f"{type(error).__name__}: {error}"})
    return {"ok": True, "kind": kind, "answers": answers}


# ---- models


def open_model(job, stage):
    stage.enter("load")
    for name, module in job["main"].items():
        setattr(sys.modules["__main__"], name, getattr(importlib.import_module(module), name))
    model = load(job["artifact"])
    if not any(callable(getattr(model, name, None)) for name in ("predict", "transform", "__call__")):
        raise Refused(f"{type(model).__name__} can neither predict nor transform new data.")
    stage.enter("hooks")
    hooks = importlib.import_module(job["hooks"]) if job["hooks"] else None
    preprocess = getattr(hooks, "preprocess", None)
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


def load(artifact):
    if artifact["format"] == "joblib":
        import joblib

        return joblib.load(artifact["file"])
    import pickle

    with open(artifact["file"], "rb") as file:
        return pickle.load(file)


def predict(model, taken):
    """What the model says of the records: {"predictions"} and, where it has them, "probabilities" and "classes"."""
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


def table(model, taken):
    """A DataFrame in the fitted order of columns or, for a model that was fitted without names, an array."""
    names = fitted(model, "feature_names_in_")
    names = [] if names is None else [str(name) for name in names]
    count = fitted(model, "n_features_in_")
    columns = None
    if isinstance(taken, dict) and "dataframe_split" in taken and "dataframe_split" not in names:
        columns = taken["dataframe_split"].get("columns")
        taken = taken["dataframe_split"]["data"]
    elif isinstance(taken, dict):
        taken = taken["instances"] if "instances" in taken and "instances" not in names else [taken]
    taken = [taken] if isinstance(taken, str) else taken
    if not isinstance(taken, list):
        return taken  # what a preprocess hook made is taken as it is
    if not any(isinstance(each, (list, dict) if count else (list, dict, str)) for each in taken):
        taken = [taken]  # a row by itself; strings are so many texts where no columns are known
    if names:
        return frame(model, taken, names, columns)
    if count is None:
        return unknown(model, taken)
    if any(isinstance(row, dict) for row in taken):
        raise Refused(f"The model was fitted without column names: give each record as a list of {count} values.")
    return array(taken)


def unknown(model, taken):
    """Texts and mappings as they are; for a class of the user's own a table of what came."""
    if all(isinstance(row, list) for row in taken):
        return array(taken)
    while getattr(model, "steps", None):
        model = model.steps[0][1]
    vectorizes = {base.__name__ for base in type(model).__mro__} & {"DictVectorizer", "FeatureHasher", "FeatureUnion"}
    if vectorizes or not all(isinstance(row, dict) for row in taken):
        return taken
    try:
        import pandas
    except ImportError:
        return taken
    return pandas.DataFrame(taken)


def fitted(model, attribute):
    """A fitted attribute of the model or of the first part of it that has it."""
    while model is not None:
        try:
            found = getattr(model, attribute, None)
        except Exception:  # a property that asks a step which cannot say
            found = None
        if found is not None:
            return found
        steps = [step for _, step in getattr(model, "steps", []) if step not in (None, "passthrough")]
        wrapped = (getattr(model, name, None) for name in ("best_estimator_", "regressor_", "estimator_"))
        model = steps[0] if steps else next((each for each in wrapped if each is not None), None)
    return None


def frame(model, records, names, columns):
    columns = columns or names
    records = [row if isinstance(row, dict) else dict(zip(columns, row)) for row in records]
    for row in records:
        missing = [name for name in names if name not in row]
        if missing:
            raise Refused(f"The sample lacks the column {missing[0]!r}.")
    try:
        import pandas
    except ImportError:  # the model does without it, so it was not locked
        return array([[row[name] for name in names] for row in records])
    made = pandas.DataFrame(records, columns=names)
    holes = made.isna()
    if not holes.to_numpy().any():
        return made
    made = made.mask(holes, float("nan")).infer_objects()
    for name, missing in objects(model).items():
        if name in made and holes[name].any():  # of a null by itself pandas would make a number
            made[name] = made[name].astype("object").mask(holes[name], missing)
    return made


def objects(model):
    """The columns that encoders and imputers saw as objects, with the missing value they saw there."""
    found = {}
    names = getattr(model, "feature_names_in_", None) if hasattr(model, "__dict__") else None
    if names is not None:
        for name, values in zip(names, vars(model).get("categories_", [])):
            if values.dtype.kind in "OUS":
                found[str(name)] = None if any(value is None for value in values) else float("nan")
        if getattr(vars(model).get("_fit_dtype"), "kind", "") in "OUS" and "_fit_dtype" in vars(model):
            found.update({str(name): None if model.missing_values is None else float("nan") for name in names})
    for name, value in vars(model).items() if hasattr(model, "__dict__") else ():
        if name in ("steps", "transformers_", "transformer_list", "estimators_"):
            parts = [part[1] if isinstance(part, tuple) else part for part in value]
        else:
            parts = [value] if name in ("best_estimator_", "regressor_", "estimator_", "_preprocessor") else []
        for part in parts:
            found = {**objects(part), **found}
    return found


def array(rows):
    try:
        import numpy
    except ImportError:  # a model of no framework
        return rows
    rows = [[float("nan") if value is None else value for value in row] for row in rows]
    texts = any(isinstance(value, str) for row in rows for value in row)
    return numpy.array(rows, dtype="object" if texts else None)


def call_declared(function, values):
    """Calls a hook with those of the values that it declares as parameters."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return function(**values)
    return function(**{name: values.get(name) for name in (parameter.name for parameter in parameters)})


# ---- functions and WSGI apps


def open_function(job, stage):
    stage.enter("load")
    target = importlib.import_module(job["artifact"]["module"])
    for part in job["artifact"]["attribute"].split("."):
        target = getattr(target, part)
    parameters = declared(target)

    def answer(body):
        stage.enter("call")
        if parameters is None:
            return call_app(target, body)
        result = target(body) if parameters == 1 else target(body, context(job["name"]))
        stage.enter("answer")
        return proxied(result) if is_proxy(result) else {"status": 200, "answer": plain(result)}

    return ("wsgi" if parameters is None else "function"), answer


def declared(target):
    """1 for f(payload), 2 for f(event, context), None for a WSGI app."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if [each.name for each in positional] == ["event", "context"]:
        return 2
    required = [each for each in positional if each.default is each.empty]
    return 1 if positional and len(required) <= 1 else None


def is_proxy(result):
    """Whether a function's answer is one of Lambda's own shape, which sets the status."""
    keys = {"statusCode", "headers", "body", "isBase64Encoded", "cookies", "multiValueHeaders"}
    return isinstance(result, dict) and type(result.get("statusCode")) is int and keys >= result.keys()


def proxied(result):
    body = result.get("body")
    if result.get("isBase64Encoded"):
        return {"status": result["statusCode"], "answer": as_json(base64.b64decode(body))}
    text = body if isinstance(body, str) else "" if body is None else json.dumps(plain(body))
    return {"status": result["statusCode"], "answer": as_json(text.encode())}


def context(name):
    return types.SimpleNamespace(
        function_name=name,
        function_version="0",
        memory_limit_in_mb="512",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 30_000,
    )


def call_app(app, sample):
    """One request to a WSGI app; the sample is {"method", "path", "headers", "body"}."""
    sample = sample if isinstance(sample, dict) and "path" in sample else {"method": "POST", "path": "/", "body": sample}
    body = sample.get("body")
    raw = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    path, _, query = sample["path"].partition("?")
    environ = {
        "REQUEST_METHOD": sample.get("method", "GET"),
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(raw)),
        "CONTENT_TYPE": "application/json" if raw else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in sample.get("headers", {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = str(value)
    started = []
    written = []

    def start_response(status, headers, exc_info=None):
        started[:] = [status]
        return written.append

    chunks = app(environ, start_response)
    try:
        content = b"".join([*chunks]) if not written else b"".join([*written, *chunks])
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return {"status": int(started[0][:3]), "answer": as_json(content)}


def as_json(content):
    text = content.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


# ---- values and errors


def plain(value):
    """The value in JSON's own types; NaN and infinities are null, as JSON has none."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [plain(item) for item in sorted(value, key=repr)]
    if isinstance(value, (bytes, bytearray)):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return plain(value.astype("str").tolist())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, decimal.Decimal):
        return plain(int(value) if value.is_finite() and value == value.to_integral_value() else float(value))
    if isinstance(value, uuid.UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "toarray"):
        return plain(value.toarray().tolist())
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return plain(value.to_dict("records"))
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    raise TypeError(f"{type(value).__module__}.{type(value).__qualname__} cannot be written as JSON.")


def told(error, stage, folders):
    """An error as data; `where` is the innermost line of the user's own code, or None."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename.startswith(folders[0] + os.sep)] if folders else []
    name = type(error).__qualname__
    return {
        "ok": False,
        "stage": stage,
        "refused": isinstance(error, Refused),
        "type": name,
        "message": str(error),
        "where": f"{os.path.relpath(own[-1].filename, folders[0])}:{own[-1].lineno}" if own else None,
        "trace": "".join(traceback.format_exception(type(error), error, error.__traceback__))[-20_000:],
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
