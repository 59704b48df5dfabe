"""Models from Cloud Storage: a server that breaks as networks do, and a metadata server beside it."""

import hashlib
import json
import os
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import joblib
import pytest
from conftest import Client, package
from mlfn_serve import fetch, store_gs
from mlfn_serve.problems import InitError
from mlfn_serve.start import start
from sklearn.dummy import DummyRegressor


class Google:
    """Objects over the JSON API with access tokens. `faults` are used up, one a request: a status, `cut` or `reset`."""

    def __init__(self):
        self.objects = {}
        self.faults = []
        self.asked = []
        self.tokens = []
        self.lasts = 3600
        self.lock = threading.Lock()
        google = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                google.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.host = f"127.0.0.1:{self.server.server_port}"

    def put(self, key, content):
        generation = str(len(self.objects) + 1000)
        self.objects[key] = (content, generation)

    def answer(self, request):
        if request.path.startswith("/computeMetadata/"):
            return self.token(request)
        path, _, query = request.path.partition("?")
        with self.lock:
            self.asked.append((path, query, request.headers.get("range")))
            fault = self.faults.pop(0) if self.faults else None
        if request.headers.get("authorization") != f"Bearer token-{len(self.tokens)}":
            return self.send(request, 401, b'{"error": {"message": "Invalid Credentials"}}')
        if isinstance(fault, int):
            return self.send(request, fault, json.dumps({"error": {"message": f"told {fault}"}}).encode())
        if fault == "reset":
            return request.connection.close()
        key = urllib.parse.unquote(re.fullmatch(r"/storage/v1/b/bucket/o/([^/]*)", path)[1])
        if key not in self.objects:
            return self.send(request, 404, b'{"error": {"message": "No such object"}}')
        content, generation = self.objects[key]
        if dict(urllib.parse.parse_qsl(query)).get("ifGenerationNotMatch") == generation:
            return self.send(request, 304, b"")
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range") or "")
        part = content[int(asked[1]) : int(asked[2]) + 1] if asked else content
        self.send(request, 206 if asked else 200, part, generation, cut=fault == "cut")

    def token(self, request):
        assert request.headers["metadata-flavor"] == "Google"
        self.tokens.append(request.path)
        self.send(request, 200, json.dumps({"access_token": f"token-{len(self.tokens)}", "expires_in": self.lasts}).encode())

    def send(self, request, status, body, generation="", cut=False):
        request.send_response(status)
        request.send_header("content-length", str(len(body)))
        if generation:
            request.send_header("x-goog-generation", generation)
        request.end_headers()
        request.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            request.close_connection = True


@pytest.fixture
def google(monkeypatch, tmp_path):
    made = Google()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{made.host}")
    monkeypatch.setenv("GCE_METADATA_HOST", made.host)
    monkeypatch.setattr(store_gs, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(store_gs, "_token", store_gs._Token())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield made
    made.server.shutdown()
    made.server.server_close()


def stored(monkeypatch, google, content):
    """The URI of a model below its digest, as the worker is told it."""
    key = "functions/a b/é/" + hashlib.sha256(content).hexdigest()
    google.put(key, content)
    monkeypatch.setenv("MLFN_MODEL", f"gs://bucket/{key}")
    monkeypatch.setenv("MLFN_MODEL_SIZE", str(len(content)))
    return f"gs://bucket/{key}"


def fetched(monkeypatch, google, content):
    stored(monkeypatch, google, content)
    with open(fetch.fetch(), "rb") as file:
        return file.read()


def test_a_small_model_is_one_request(google, monkeypatch):
    assert fetched(monkeypatch, google, b"model" * 1000) == b"model" * 1000
    assert [asked[2] for asked in google.asked] == ["bytes=0-4999"]
    assert google.tokens == ["/computeMetadata/v1/instance/service-accounts/default/token"]


def test_a_large_one_comes_in_ranges_side_by_side_with_one_token(google, monkeypatch):
    monkeypatch.setattr(store_gs, "RANGE", 10_000)
    content = os.urandom(95_001)
    assert fetched(monkeypatch, google, content) == content
    assert sorted(asked[2] for asked in google.asked) == sorted(
        f"bytes={start}-{min(start + 10_000, 95_001) - 1}" for start in range(0, 95_001, 10_000)
    )
    assert len(google.tokens) == 1


def test_an_empty_file_asks_for_nothing(google, monkeypatch):
    assert fetched(monkeypatch, google, b"") == b""


@pytest.mark.parametrize("fault", [408, 429, 500, 502, 503, 504, "cut", "reset"])
def test_what_passes_is_asked_again(google, monkeypatch, fault):
    google.faults = [fault] * 4
    content = os.urandom(5_000)
    assert fetched(monkeypatch, google, content) == content
    assert len(google.asked) == 5
    if fault == "cut":  # from where it broke
        assert [asked[2] for asked in google.asked][:3] == ["bytes=0-4999", "bytes=2500-4999", "bytes=3750-4999"]


def test_a_body_that_goes_on_breaking_is_read_to_its_end_as_long_as_there_is_more_of_it(google, monkeypatch):
    google.faults = ["cut"] * 12
    content = os.urandom(5_000)
    assert fetched(monkeypatch, google, content) == content


def test_a_token_that_has_ended_is_asked_for_anew(google, monkeypatch):
    fetched(monkeypatch, google, b"one")
    google.tokens.append("another's")  # what was handed out is not valid any more
    assert fetched(monkeypatch, google, b"two") == b"two"
    google.lasts = 30
    google.tokens.append("another's")
    assert fetched(monkeypatch, google, b"three") == b"three"
    known = len(google.tokens)
    assert fetched(monkeypatch, google, b"four") == b"four"
    assert len(google.tokens) == known + 1


@pytest.mark.parametrize(
    ("fault", "requests", "told"),
    [
        (403, 1, r"403 Forbidden: told 403 \(the function's service account needs roles/storage.objectViewer on its bucket\)"),
        (400, 1, "400 Bad Request: told 400"),
        (503, 6, "503 Service Unavailable: told 503"),
    ],
)
def test_what_does_not_pass_is_told_in_one_sentence(google, monkeypatch, tmp_path, fault, requests, told):
    google.faults = [fault] * 6
    with pytest.raises(InitError, match=f"The model gs://bucket/.* could not be fetched: {told}"):
        fetched(monkeypatch, google, b"model")
    assert len(google.asked) == requests
    assert list(tmp_path.iterdir()) == []


def test_no_object_no_server_no_metadata(google, monkeypatch):
    uri = stored(monkeypatch, google, b"model")
    monkeypatch.setenv("MLFN_MODEL", uri + "x")
    with pytest.raises(InitError, match="404 Not Found: No such object"):
        fetch.fetch()
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")
    monkeypatch.setattr(store_gs, "_token", store_gs._Token())
    with pytest.raises(InitError, match="the metadata server gave no access token: URLError: .*refused"):
        fetch.fetch()
    monkeypatch.delenv("GCE_METADATA_HOST")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(InitError, match="could not be fetched: URLError: .*refused"):
        fetch.fetch()


def test_another_model_in_its_place_is_refused(google, monkeypatch, tmp_path):
    uri = stored(monkeypatch, google, b"model")
    for content in (b"MODEL", b"mod", b""):
        google.put(uri[len("gs://bucket/") :], content)
        with pytest.raises(InitError, match="is not the one that was released|could not be fetched"):
            fetch.fetch()
    assert list(tmp_path.iterdir()) == []


def test_a_small_object_is_read_once_and_again_when_it_changed(google):
    google.put("pointer.json", b"one")
    content, tag = store_gs.read("gs://bucket/pointer.json", None)
    assert content == b"one"
    assert store_gs.read("gs://bucket/pointer.json", tag) is None
    google.put("pointer.json", b"two")
    google.put("other", b"")
    google.objects["pointer.json"] = (b"two", "2000")
    assert store_gs.read("gs://bucket/pointer.json", tag) == (b"two", "2000")
    google.faults = [503, "reset"]
    assert store_gs.read("gs://bucket/pointer.json", None) == (b"two", "2000")
    google.faults = [503] * 3
    with pytest.raises(InitError, match="503 Service Unavailable"):
        store_gs.read("gs://bucket/pointer.json", None)


def test_a_package_without_its_model_serves_it_and_leaves_nothing_in_memory(google, monkeypatch, tmp_path):
    model = DummyRegressor(strategy="constant", constant=7.5).fit([[0.0]], [0])
    joblib.dump(model, tmp_path / "m.joblib")
    content = (tmp_path / "m.joblib").read_bytes()
    (tmp_path / "m.joblib").unlink()
    stored(monkeypatch, google, content)
    package(tmp_path / "p", artifact={"kind": "model", "format": "joblib", "fetched": True})
    assert Client(start(str(tmp_path / "p"), "3")).ok([[1.0]])["predictions"] == [7.5]
    assert [each.name for each in tmp_path.iterdir()] == ["p"]
