"""WSGI apps: a real Flask app, and what PEP 3333 asks of a server, checked by wsgiref.validate."""

import base64

import pytest
from conftest import Text, http

FLASK = """
import io

from flask import Flask, jsonify, make_response, redirect, request, send_file, session, url_for

app = Flask(__name__)
app.secret_key = "test"


@app.get("/")
def hello():
    return "<h1>Hello</h1>"


@app.get("/change/<int:dollars>/<int:cents>")
def change(dollars, cents):
    left = dollars * 100 + cents
    told = []
    for coin, name in ((25, "quarters"), (10, "dimes"), (5, "nickels"), (1, "pennies")):
        count, left = divmod(left, coin)
        if count:
            told.append({str(count): name})
    return jsonify(told)


@app.route("/echo/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
def echo(rest):
    return jsonify(
        path=request.path, rest=rest, root=request.script_root, args=request.args.to_dict(flat=False), form=request.form,
        files={name: file.read().decode() for name, file in request.files.items()}, method=request.method,
        data=request.get_data(as_text=True), cookies=request.cookies, url=request.url, remote=request.remote_addr,
        kind=request.content_type, length=request.content_length, agent=request.headers.get("User-Agent"))


@app.get("/away")
def away():
    return redirect(url_for("hello"))


@app.get("/image")
def image():
    return send_file(io.BytesIO(bytes(range(256))), mimetype="image/png")


@app.get("/latin")
def latin():
    return make_response("caf\\u00e9".encode("latin-1"), 200, {"content-type": "text/plain; charset=latin-1"})


@app.get("/cookies")
def cookies():
    answer = make_response("ok")
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    answer.headers.add("X-Many", "1")
    answer.headers.add("X-Many", "2")
    return answer


@app.get("/stream")
def stream():
    return app.response_class((part for part in ["one ", "two ", "three"]), mimetype="text/plain")


@app.get("/broken")
def broken():
    raise RuntimeError("secret")


@app.post("/")
def post():
    return jsonify(got=request.get_json())
"""


@pytest.fixture
def flask(serve):
    artifact = {"kind": "python", "module": "flask_app", "attribute": "app"}
    return serve(artifact=artifact, code={"flask_app.py": FLASK})


def test_change(flask):
    assert flask.call("GET", "/change/1/34") == (200, [{"5": "quarters"}, {"1": "nickels"}, {"4": "pennies"}])
    assert flask.raw("GET", "/")["body"] == "<h1>Hello</h1>"
    assert flask.raw("GET", "/nowhere")["statusCode"] == 404
    assert flask.raw("PUT", "/change/1/34")["statusCode"] == 405
    head = flask.raw("HEAD", "/")
    assert (head["statusCode"], head["body"], head["headers"]["content-length"]) == (200, "", "14")


def test_paths_queries_and_cookies(flask):
    event = http("GET", "/echo/caf%C3%A9/a%20b%2Fc?x=1&x=2&y=a%26b", headers={"User-Agent": "me", "host": "h.example:8750"})
    event["cookies"] = ["s=1", "t=2"]
    told = told_by(flask, event)
    assert told["path"] == "/echo/café/a b/c"
    assert told["args"] == {"x": ["1", "2"], "y": ["a&b"]}
    assert told["cookies"] == {"s": "1", "t": "2"}
    assert (told["agent"], told["remote"]) == ("me", "203.0.113.9")
    assert told["url"].startswith("https://h.example:8750/echo/")


def told_by(client, event):
    import json

    return json.loads(client.endpoint.handle(event, None)["body"])


def test_bodies(flask):
    form = {"content-type": "application/x-www-form-urlencoded"}
    event = http("POST", "/echo/x", Text(base64.b64encode(b"a=1&b=%20").decode()), headers=form, isBase64Encoded=True)
    assert told_by(flask, event)["form"] == {"a": "1", "b": " "}
    raw = b'--B\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nhi\r\n--B--\r\n'
    event = http("POST", "/echo/x", Text(base64.b64encode(raw).decode()), isBase64Encoded=True)
    event["headers"]["content-type"] = "multipart/form-data; boundary=B"
    assert told_by(flask, event)["files"] == {"f": "hi"}
    told = told_by(flask, http("PUT", "/echo/x", Text("plain é"), headers={"content-type": "text/plain"}))
    assert (told["method"], told["data"], told["length"]) == ("PUT", "plain é", 8)


def test_below_a_prefix(flask):
    prefix = {"x-forwarded-prefix": "/change", "host": "127.0.0.1:8750", "x-forwarded-proto": "http"}
    assert flask.raw("GET", "/away", headers=prefix)["headers"]["location"] == "/change/"
    told = told_by(flask, http("GET", "/echo/x", headers=prefix))
    assert (told["root"], told["url"]) == ("/change", "http://127.0.0.1:8750/change/echo/x")
    assert told_by(flask, http("GET", "/echo/x", headers={"x-forwarded-prefix": "//evil.example"}))["root"] == ""
    event = http("GET", "/prod/away")
    event["requestContext"]["stage"] = "prod"
    assert flask.endpoint.handle(event, None)["headers"]["location"] == "/prod/"


def test_answers_that_are_not_text_travel_as_base64(flask):
    answer = flask.raw("GET", "/image")
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == bytes(range(256))
    answer = flask.raw("GET", "/latin")
    assert base64.b64decode(answer["body"]) == "café".encode("latin-1")
    assert flask.raw("GET", "/stream")["body"] == "one two three"


def test_many_headers_and_cookies(flask):
    answer = flask.raw("GET", "/cookies")
    assert answer["cookies"] == ["a=1; Path=/", "b=2; Path=/"]
    assert answer["headers"]["x-many"] == "1, 2"
    assert "set-cookie" not in answer["headers"]
    event = {"httpMethod": "GET", "path": "/cookies", "requestContext": {}, "headers": None}
    answer = flask.endpoint.handle(event, None)
    assert answer["multiValueHeaders"]["set-cookie"] == ["a=1; Path=/", "b=2; Path=/"]


def test_a_bare_payload_is_posted(flask):
    assert flask.endpoint.handle({"a": 1}, None) == {"got": {"a": 1}}


def test_an_exception_inside_flask_is_flasks_own_500(flask, caplog):
    answer = flask.raw("GET", "/broken")
    assert answer["statusCode"] == 500
    assert "secret" not in answer["body"]
    assert "RuntimeError: secret" in caplog.text


RAW = """
from wsgiref.validate import validator

closed = []


class Parts:
    def __init__(self, parts):
        self.parts = iter(parts)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.parts)

    def close(self):
        closed.append(True)


def start(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/late":  # a generator may call start_response only when it is first asked
        return late(start_response)
    if path == "/raises":
        raise RuntimeError("secret")
    if path == "/raises/later":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return raising()
    if path == "/write":
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"written ")
        return Parts([b"returned"])
    if path == "/mended":
        start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            raise ValueError("x")
        except ValueError:
            import sys

            start_response("503 Oh", [("Content-Type", "text/plain")], sys.exc_info())
        return Parts([b"mended"])
    if path == "/never":
        return []
    if path == "/twice":
        start_response("200 OK", [])
        start_response("200 OK", [])
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size)
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
    return Parts([body])


def late(start_response):
    start_response("202 Accepted", [("Content-Type", "text/plain")])
    yield b"late"


def raising():
    yield b"some"
    raise RuntimeError("secret")


strict = validator(start)


class AsClass:
    def __init__(self, environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])

    def __iter__(self):
        yield b"class"
"""


@pytest.fixture
def raw(serve):
    def made(attribute):
        artifact = {"kind": "python", "module": "raw_wsgi", "attribute": attribute}
        return serve(artifact=artifact, code={"raw_wsgi.py": RAW})

    return made


@pytest.mark.filterwarnings("error")
def test_the_environment_passes_the_validator(raw):
    client = raw("strict")
    for method, path in (("GET", "/late"), ("GET", "/mended"), ("GET", "/write"), ("GET", "/x%20y?q=1")):
        assert client.raw(method, path)["statusCode"] in (200, 202, 503)
    answer = client.raw("POST", "/", Text("AP8="), isBase64Encoded=True, headers={"content-type": "x/y"})
    assert base64.b64decode(answer["body"]) == b"\x00\xff"


def test_every_way_to_answer(raw):
    client = raw("start")
    assert (client.raw("GET", "/late")["statusCode"], client.raw("GET", "/late")["body"]) == (202, "late")
    assert client.raw("GET", "/write")["body"] == "written returned"
    assert client.raw("GET", "/mended")["statusCode"] == 503
    import raw_wsgi

    assert len(raw_wsgi.closed) == 2
    assert raw("AsClass").raw("GET", "/")["body"] == "class"


@pytest.mark.parametrize("path", ["/raises", "/raises/later", "/never", "/twice"])
def test_a_broken_app_is_a_problem_document(raw, path, capsys):
    answer = raw("start").raw("GET", path)
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer["body"]
    assert "Traceback" in capsys.readouterr().err
