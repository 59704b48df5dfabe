"""The package behind real servers of HTTP: functions-framework (its gunicorn) and ours on waitress, over real sockets."""

import base64
import concurrent.futures
import http.client
import importlib.util
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from conftest import http as function_url
from conftest import package
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlfn_serve.start import start
from servers import KINDS, Server, free_port, lay

pytestmark = pytest.mark.skipif(importlib.util.find_spec("functions_framework") is None, reason="it has no server for Windows")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
JSON = (("content-type", "application/json"),)
# As the example's mlfn.yaml has it; on this machine a folder stands for the bucket.
DATA = {
    "mnist-knn": {
        "read": ["s3://mlfn-mnist/validation/"],
        "formats": ["joblib"],
        "memory": 5000,
        "folders": {"mlfn-mnist": (EXAMPLES / "mnist-knn" / "bucket").as_uri() + "/"},
    }
}
ECHO = """
import base64, os, sys, time


def answer(event, context):
    if event.get("boom"):
        raise RuntimeError("boom")
    if event.get("print"):
        print("printed", event["print"])
    if event.get("file"):
        open(event["file"], "w").close()
    time.sleep(event.get("sleep", 0))
    if "proxy" in event:
        return event["proxy"]
    return {"pid": os.getpid(), "id": context.aws_request_id, "left": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb, "function": context.function_name, "version": context.function_version}
"""
APP = """
import json


def app(environ, start_response):
    body = environ["wsgi.input"].read()
    told = {key: value for key, value in environ.items() if isinstance(value, (str, int, bool))}
    told["event"] = environ["lambda.event"]
    told["body"] = body.decode("latin-1")
    headers = [("content-type", "application/json"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2, c")]
    if environ["PATH_INFO"] == "/binary":
        start_response("201 Created", [("content-type", "application/octet-stream"), ("x-odd", "caf\\xe9")])
        return [bytes(range(256))]
    if environ["PATH_INFO"] == "/nothing":
        start_response("204 No Content", [])
        return []
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [("content-type", "text/plain")])
        return [b"x" * int(environ["QUERY_STRING"])]
    start_response("200 OK", headers)
    return [json.dumps(told).encode()]
"""


def function_package(root, text=ECHO, attribute="answer"):
    """A module of the user's that is called main, as functions-framework calls ours."""
    artifact = {"kind": "python", "module": "main", "attribute": attribute}
    return lay(package(root, artifact=artifact, code={"main.py": text}))


@pytest.fixture(scope="module", params=KINDS)
def echo(request, tmp_path_factory):
    with Server(request.param, function_package(tmp_path_factory.mktemp("echo")), GOOGLE_CLOUD_PROJECT="proj") as server:
        yield server


@pytest.fixture(scope="module", params=KINDS)
def app(request, tmp_path_factory):
    with Server(request.param, function_package(tmp_path_factory.mktemp("app"), APP, "app")) as server:
        yield server


def example_package(root, name):
    """As `mlfn deploy` packs it: its mlfn.yaml has only names of files."""
    folder = EXAMPLES / name
    told = dict(line.split(": ", 1) for line in (folder / "mlfn.yaml").read_text().splitlines() if ": " in line)
    file, _, attribute = told["model"].partition(":")
    code = {each.name: each.read_text() for each in folder.glob("*.py")}
    artifact = {"kind": "python", "module": file[:-3], "attribute": attribute}
    if not attribute:
        formats = {".pkl": "pickle", ".onnx": "onnx"}
        artifact = {"kind": "model", "path": f"model/{file}", "format": formats.get(Path(file).suffix, "joblib")}
    package(root, artifact=artifact, code=code, hooks=told.get("hooks", "")[:-3] or None, main=classes_of_main(code, name))
    if not attribute:
        (root / "model" / file).write_bytes((folder / file).read_bytes())
    for data in folder.glob("*.json"):
        (root / "code" / data.name).write_bytes(data.read_bytes())
    return lay(root)


def is_network(folder):
    """What ships of it is made by TensorFlow or PyTorch first: test/nets deploys it."""
    return any(each.suffix in (".h5", ".pt2") for each in folder.iterdir())


def classes_of_main(code, name):
    import ast

    if name != "custom-class-main":
        return {}
    return {each.name: "train" for each in ast.parse(code["train.py"]).body if isinstance(each, ast.ClassDef)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", sorted(each.name for each in EXAMPLES.iterdir() if (each / "mlfn.yaml").exists() and not is_network(each))
)
def test_every_example_answers_as_on_lambda(tmp_path, monkeypatch, name, kind):
    monkeypatch.setattr(sys, "path", sys.path[:])
    root = example_package(tmp_path, name)
    known = set(sys.modules)
    more = {"MLFN_DATA": json.dumps(DATA[name])} if name in DATA else {}
    for variable, value in more.items():
        monkeypatch.setenv(variable, value)
    endpoint = start(str(root), "3")
    try:
        with Server(kind, root, **more) as server:
            for case in json.loads((EXAMPLES / name / "expected.json").read_text()):
                asked = case["request"]
                body = asked.get("body")
                if "payload" in asked:
                    body = json.loads((EXAMPLES / name / asked["payload"]).read_text())
                text = None if body is None else json.dumps(body).encode()
                status, headers, answer = server.ask(asked["method"], asked["path"], text, JSON if text else ())
                event = function_url(asked["method"], asked["path"], **({} if text is None else {"body": body}))
                want = endpoint.handle(event, None)
                assert (status, answer.decode()) == (want["statusCode"], want["body"])
                assert status == case["status"]
                kept = ("content-type", "cache-control", "x-mlfn-release", "content-security-policy")
                assert {key: value for key, value in headers if key in kept} == {
                    key: value for key, value in want["headers"].items() if key in kept
                }
    finally:
        for each in set(sys.modules) - known:
            if str(root) in (getattr(sys.modules[each], "__file__", None) or ""):
                del sys.modules[each]


def test_the_context_and_the_request_id_are_those_of_the_platform(echo):
    trace = "105445aa7843bc8bf206b12000100000"
    status, headers, body = echo.post(b"{}", headers=[*JSON, ("X-Cloud-Trace-Context", f"{trace}/1;o=1")])
    told = json.loads(body)
    assert (status, told["id"], dict(headers)["x-mlfn-request-id"]) == (200, trace, trace)
    assert (told["function"], told["version"]) == ("demo", "3")
    assert 0 < told["left"] <= 300_000
    assert told["memory"] >= 0
    assert told["pid"] != os.getpid()
    _, headers, _ = echo.post(b"{}", headers=[*JSON, ("traceparent", f"00-{trace[::-1]}-00f067aa0ba902b7-01")])
    assert dict(headers)["x-mlfn-request-id"] == trace[::-1]
    ids = {dict(echo.post(b"{}")[1])["x-mlfn-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_a_trace_is_one_entry_of_the_log_with_the_request_it_belongs_to(echo):
    trace = "205445aa7843bc8bf206b12000100000"
    status, _, body = echo.post(b'{"boom": 1}', headers=[*JSON, ("X-Cloud-Trace-Context", f"{trace}/18446744073709551615;o=1")])
    assert (status, json.loads(body)["type"]) == (500, "urn:mlfn:function-failed")
    assert "main.py" not in body.decode()
    entries = [json.loads(line) for line in echo.output().splitlines() if trace in line]
    assert [entry["severity"] for entry in entries] == ["ERROR"]
    assert entries[0]["message"].startswith("Traceback")
    assert entries[0]["message"].endswith("RuntimeError: boom")
    assert entries[0]["logging.googleapis.com/trace"] == f"projects/proj/traces/{trace}"
    assert entries[0]["logging.googleapis.com/spanId"] == "f" * 16


@pytest.mark.parametrize(
    ("made", "status", "told"),
    [
        ({"statusCode": 999, "body": ""}, 502, "statusCode is 999"),
        ({"statusCode": 200, "headers": {"a b": "c"}}, 502, 'header \\"a b\\" has characters'),
        ({"statusCode": 200, "headers": {"x": "a\r\nset-cookie: b"}}, 502, "has characters that HTTP does not allow"),
        ({"statusCode": 200, "headers": {"x": "日本"}}, 502, "has characters that HTTP does not allow"),
        ({"statusCode": 200, "cookies": "a"}, 502, "cookies is not a list"),
        ({"statusCode": 200, "body": "x", "isBase64Encoded": True}, 502, "cannot be sent"),
        ({"statusCode": 418, "headers": {"X-A": 1, "Connection": "close"}, "body": {"a": 1}}, 418, '{"a": 1}'),
        ({"statusCode": 200, "headers": {"content-type": "image/png"}, "body": "AAE=", "isBase64Encoded": True}, 200, "\x00\x01"),
    ],
)
def test_answers_that_set_status_and_headers(echo, made, status, told):
    found, headers, body = echo.post(json.dumps({"proxy": made}).encode())
    assert (found, told in body.decode()) == (status, True), body
    assert dict(headers)["content-length"] == str(len(body))
    assert ("connection", "close") not in headers
    if status == 502:
        assert json.loads(body)["type"] == "urn:mlfn:malformed-answer"


def test_cookies_binary_bodies_and_empty_answers(app):
    _, headers, _ = app.ask("GET", "/")
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1; Path=/", "b=2, c"]
    status, headers, body = app.ask("GET", "/binary")
    assert (status, body, dict(headers)["x-odd"]) == (201, bytes(range(256)), "caf\xe9")
    status, headers, body = app.ask("GET", "/nothing")
    assert (status, body) == (204, b"")
    _, whole, _ = app.ask("GET", "/binary")
    status, headers, body = app.ask("HEAD", "/binary")
    assert (status, body) == (201, b"")
    assert dict(headers)["content-length"] == dict(whole)["content-length"] == "256"


def test_a_request_is_the_event_that_a_function_url_sends(app):
    headers = [
        ("content-type", "text/csv; charset=utf-8"), ("X-Two", "a"), ("X-Two", "b"), ("Cookie", "a=1; b=x,y"),
        ("X-Forwarded-For", "10.9.8.7, 203.0.113.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/evil"),
        ("User-Agent", "ünï"), ("Host", "demo-123.europe-west1.run.app:8443"), ("TE", "trailers"),
    ]  # fmt: skip
    _, _, body = app.ask("PUT", "/a%2Fb//c%20d/%C3%A9?x=1&x=2&y=&%20z=%26", "é,ü".encode(), headers)
    told = json.loads(body)
    event = told["event"]
    assert event["rawPath"] == "/a%2Fb//c%20d/%C3%A9"
    assert event["rawQueryString"] == "x=1&x=2&y=&%20z=%26"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "", " z": "&"}
    assert event["cookies"] == ["a=1", "b=x,y"]
    assert (event["body"], event["isBase64Encoded"]) == ("é,ü", False)
    named = event["headers"]
    assert "cookie" not in named and "te" not in named and "x-forwarded-prefix" not in named and "connection" not in named
    assert named["x-two"].replace(" ", "") == "a,b"
    assert (named["x-forwarded-for"], named["x-forwarded-proto"]) == ("10.9.8.7, 203.0.113.7", "https")
    assert named["x-forwarded-port"] == "443"
    context = event["requestContext"]
    assert context["http"]["sourceIp"] == "203.0.113.7"
    assert (context["http"]["method"], context["http"]["protocol"]) == ("PUT", "HTTP/1.1")
    assert context["domainName"] == "demo-123.europe-west1.run.app"
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 600
    # And the app behind it sees what it would see behind any server.
    assert told["PATH_INFO"].encode("latin-1").decode() == "/a/b//c d/é"
    assert (told["SCRIPT_NAME"], told["wsgi.url_scheme"], told["wsgi.multithread"]) == ("", "https", True)
    assert told["HTTP_COOKIE"] == "a=1; b=x,y"


@pytest.mark.parametrize(
    "kind", ["", "application/json", "application/problem+json", "image/png", "text/plain", "application/xml"]
)
def test_which_bodies_are_text(app, kind):
    headers = [("content-type", kind)] if kind else []
    for body in (b"plain", bytes(range(256))):
        event = json.loads(app.ask("POST", "/", body, headers)[2])["event"]
        text = kind in ("application/json", "text/plain", "application/xml") and body == b"plain"
        assert event["isBase64Encoded"] is not text
        assert event["body"] == (body.decode() if text else base64.b64encode(body).decode())
    event = json.loads(app.ask("GET", "/")[2])["event"]
    assert "body" not in event and event["isBase64Encoded"] is False


VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30).map(str.strip).filter(bool)
NAME = st.from_regex(r"x-[a-z0-9]{1,10}", fullmatch=True).filter(lambda name: not name.startswith("x-f"))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.binary(max_size=3000), named=st.dictionaries(NAME, VALUE, max_size=5), kind=st.sampled_from(["", "text/plain", "a/b"])
)
def test_whatever_is_sent_arrives(app, body, named, kind):
    headers = [*named.items(), *([("content-type", kind)] if kind else [])]
    status, _, told = app.ask("POST", "/p", body, headers)
    event = json.loads(told)["event"]
    sent = event.get("body", "")
    assert status == 200
    assert (base64.b64decode(sent) if event["isBase64Encoded"] else sent.encode()) == body
    assert json.loads(told)["body"].encode("latin-1") == body
    assert named.items() <= event["headers"].items()


def test_chunked_bodies_and_connections_that_stay(app):
    app.connect().close()
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=60)
    for text in (b"one", b"two"):
        connection.request("POST", "/", iter([text, text]), {"content-type": "text/plain"}, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["event"]["body"] == (text * 2).decode()
    connection.close()


def test_the_platforms_own_sizes(app):
    large = b"x" * (7 * 1024 * 1024)
    _, _, body = app.ask("POST", "/", large, [("content-type", "text/plain")])
    assert len(json.loads(body)["body"]) == len(large)
    status, _, body = app.ask("GET", "/large?31000000")
    assert (status, len(body)) == (200, 31_000_000)
    status, _, body = app.ask("GET", "/large?33600000")
    assert (status, json.loads(body)["detail"]) == (413, "The app's answer is larger than 32 MB.")
    status, _, body = app.ask("POST", "/", b"x" * (33 * 1024 * 1024), [("content-type", "text/plain")])
    assert (status, json.loads(body)["type"]) == (413, "urn:mlfn:request-too-large")


def test_what_is_printed_is_in_the_log_at_once(echo):
    echo.post(b'{"print": "ab12"}')
    assert "printed ab12\n" in echo.output()


def test_requests_are_answered_side_by_side(echo):
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: json.loads(echo.post(b'{"sleep": 1}')[2]), range(4)))
    assert time.monotonic() - started < 3.5
    assert len({each["id"] for each in told}) == 4
    assert len({each["pid"] for each in told}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_many_clients_of_one_model_get_each_their_own_answer(tmp_path, kind):
    from zoo import MODELS

    model = MODELS["heart"]()[0]
    with Server(kind, lay(package(tmp_path, model=model)), THREADS="8", MLFN_THREADS="8") as server:
        records = [
            {"age": 20 + n, "chol": 150.0 + n, "ca": n % 4, "exang": bool(n % 2), "cp": "typical", "thal": "fixed"}
            for n in range(60)
        ]
        alone = [json.loads(server.post(json.dumps(record).encode())[2]) for record in records]
        assert len({json.dumps(each) for each in alone}) > 20
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda record: json.loads(server.post(json.dumps(record).encode())[2]), records * 3))
        assert together == alone * 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise ZeroDivisionError('no')", "The module main could not be imported: ZeroDivisionError: no (main.py, line 1)"),
        ("import nothing_such", "The module main needs nothing_such, which is not in the package."),
        ("import sys; sys.exit(0)", "SystemExit"),
    ],
)
def test_a_package_that_cannot_serve_ends_the_server_with_one_line(tmp_path, kind, text, told):
    with Server(kind, function_package(tmp_path, text)) as server:
        assert server.process.wait(timeout=60) == (1 if kind == "run" else 3)
        entries = [json.loads(line) for line in server.output().splitlines() if line.startswith("{")]
        assert [entry["severity"] for entry in entries] == ["CRITICAL"]
        assert told in entries[0]["message"]


def test_the_port_opens_when_the_package_is_loaded(tmp_path):
    slow = "import time\ntime.sleep(2)\ndef answer(payload): return 1\n"
    with Server("run", function_package(tmp_path, slow)) as server:
        time.sleep(1)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)
        assert server.post(b"{}")[2] == b"1"


def test_who_asks_functions_framework_before_the_package_is_loaded_waits(tmp_path):
    slow = "import time, os\nprint('loaded by', os.getpid())\ntime.sleep(2)\ndef answer(payload): return 1\n"
    with Server("function", function_package(tmp_path, slow)) as server:
        assert server.post(b"{}")[2] == b"1"
        assert server.output().count("loaded by") == 1


def test_a_load_that_takes_too_long_ends_functions_framework(tmp_path):
    slow = "import time\ntime.sleep(60)\ndef answer(payload): return 1\n"
    with Server("function", function_package(tmp_path, slow), CLOUD_RUN_TIMEOUT_SECONDS="3") as server:
        assert server.process.wait(timeout=30) == 3
        assert "The package was not loaded within 3 s" in server.output()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_asked_before_sigterm_is_answered_and_then_it_ends(tmp_path, kind):
    with Server(kind, function_package(tmp_path / "p")) as server:
        server.post(b"{}")
        started = tmp_path / "started"
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(server.post, json.dumps({"file": str(started), "sleep": 2}).encode())
            while not started.exists():
                time.sleep(0.01)
            server.process.send_signal(signal.SIGTERM)
            assert asked.result()[0] == 200
        assert server.process.wait(timeout=30) == 0
        assert server.output() == ""
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_a_port_that_is_taken_ends_the_server(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port = str(taken.getsockname()[1])
        with Server("run", function_package(tmp_path), PORT=port) as server:
            assert server.process.wait(timeout=60) != 0


def test_clients_that_send_nonsense_or_leave_do_no_harm(echo):
    for sent in (
        b"\x16\x03\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc",
        b"",
    ):
        with echo.connect() as connection:
            connection.sendall(sent)
    assert echo.post(b"{}")[0] == 200


def test_openmp_that_ran_while_the_model_was_loaded_does_not_hang_the_worker(tmp_path):
    warm = (
        "import pathlib, joblib\n"
        "model = joblib.load(pathlib.Path(__file__).with_name('m.joblib'))\n"
        "model.predict([[0.5, 0.5]] * 1100)\n"
        "def answer(payload): return model.predict([[0.5, 0.5]] * 1100).tolist()[:1]\n"
    )
    import joblib
    from sklearn.ensemble import HistGradientBoostingRegressor

    rows = [[n / 400, (n * 7 % 400) / 400] for n in range(400)]
    root = function_package(tmp_path, warm)
    joblib.dump(HistGradientBoostingRegressor().fit(rows, [row[0] for row in rows]), root / "code" / "m.joblib")
    # With one thread gunicorn answers in the thread that forked, which takes OpenMP's other threads for its own.
    with Server("function", root, OMP_NUM_THREADS="2", THREADS="1") as server:
        assert server.post(b"{}")[0] == 200
