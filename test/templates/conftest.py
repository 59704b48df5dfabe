"""Packages on disk and calls to them, as Lambda makes them."""

import json
import os
import sys
from pathlib import Path

# Small models on many threads are mostly waiting; NumPy reads it once, when it is imported.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import joblib  # noqa: E402
import pytest  # noqa: E402

SERVE = Path(__file__).resolve().parents[2] / "templates" / "python"
sys.path[:0] = [str(SERVE), str(Path(__file__).parent)]

from mlfn_serve.start import start  # noqa: E402


def package(root, model=None, artifact=None, code=None, hooks=None, main=None, name="demo"):
    """Writes a package as bundle/ lays it out: settings.json, model/ and code/."""
    (root / "model").mkdir(parents=True, exist_ok=True)
    (root / "code").mkdir(exist_ok=True)
    if model is not None:
        joblib.dump(model, root / "model" / "m.joblib")
    for file, text in (code or {}).items():
        (root / "code" / file).write_text(text, encoding="utf-8")
    artifact = artifact or {"kind": "model", "path": "model/m.joblib", "format": "joblib"}
    settings = {"schema": 1, "name": name, "artifact": artifact, "hooks": hooks, "main": main or {}}
    (root / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    return root


class Text(str):
    """A body sent as it stands; any other body is a value and sent as JSON."""


NOTHING = Text("")


def http(method, path="/", body=NOTHING, headers=None, **more):
    """A Function URL event."""
    event = {
        "version": "2.0",
        "rawPath": path.partition("?")[0],
        "rawQueryString": path.partition("?")[2],
        "headers": {"content-type": "application/json", **(headers or {})},
        "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"}},
        "isBase64Encoded": False,
    }
    if body is not NOTHING:
        event["body"] = body if isinstance(body, Text) else json.dumps(body)
    return {**event, **more}


class Client:
    """An endpoint and the ways to call it."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def raw(self, *args, **more):
        """The HTTP answer as Lambda gets it; it must survive JSON."""
        answer = self.endpoint.handle(http(*args, **more), None)
        return json.loads(json.dumps(answer))

    def call(self, *args, **more):
        """(status, JSON value)."""
        answer = self.raw(*args, **more)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def post(self, body, path="/", **more):
        """(status, JSON value) of a POST."""
        return self.call("POST", path, body, **more)

    def ok(self, body, path="/"):
        """The JSON value of a POST that must succeed."""
        status, value = self.post(body, path)
        assert status == 200, str(value)[:500]
        return value

    def wrong(self, body, status=422, path="/", **more):
        """The problem document of a POST that must be refused; a trace is never part of it."""
        answer = self.raw("POST", path, body, **more)
        assert answer["statusCode"] == status, answer["body"][:500]
        assert answer["headers"]["content-type"] == "application/problem+json"
        document = json.loads(answer["body"])
        assert document["status"] == status
        assert {"type", "title", "detail"} <= document.keys()
        assert "Traceback" not in answer["body"]
        assert ".py" not in answer["body"]
        return document


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """serve(model=..., code=..., ...) gives a Client of a package made of it, release 3."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    known = set(sys.modules)

    def made(**parts):
        return Client(start(str(package(tmp_path / f"package{len(list(tmp_path.iterdir()))}", **parts)), "3"))

    yield made
    for name in set(sys.modules) - known:
        if str(tmp_path) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]
