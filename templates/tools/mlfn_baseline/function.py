"""A function of the user's own, or a WSGI app, called as a client would."""

import base64
import importlib
import inspect
import io
import json
import sys
import types
import urllib.parse

from .refused import Refused
from .values import plain

FACTORY = "If it makes an app, write app = NAME() below it and deploy the file with :app; a function takes the payload."


def open_function(job, stage):
    stage.enter("load")
    target = importlib.import_module(job["artifact"]["module"])
    for part in job["artifact"]["attribute"].split("."):
        target = getattr(target, part)
    parameters = declared(target)
    if takes_nothing(target):
        raise Refused("it takes no parameters, so it is neither a function of a payload nor a WSGI app.", FACTORY)

    def answer(body):
        stage.enter("call")
        if parameters is None:
            return call_app(target, body)
        result = target(body) if parameters == 1 else target(body, context(job["name"]))
        stage.enter("answer")
        if callable(getattr(result, "wsgi_app", None)):  # Flask, and what is built like it
            raise Refused(f"it makes an app and is none: it returned a {type(result).__name__}.", FACTORY)
        return proxied(result) if is_proxy(result) else {"status": 200, "answer": plain(result)}

    return ("wsgi" if parameters is None else "function"), answer


def takes_nothing(target):
    try:
        return not inspect.signature(target).parameters
    except (TypeError, ValueError):  # built in
        return False


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
