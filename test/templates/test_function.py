"""A function as the whole artifact."""

import base64

import pytest
from conftest import Text
from mlfn_serve.problems import InitError

CODE = """
import functools


def echo(payload):
    if isinstance(payload, dict) and "msg" in payload:
        return {"response": payload["msg"], "success": True}
    return {"success": False}


def marco(event, context):
    return "Polo" if event["name"] == "Marco" else context.function_name


def twice(payload, factor=2):
    return payload * factor


class Callable:
    def __call__(self, payload):
        return [payload]

    def method(self, payload):
        return {"method": payload}


instance = Callable()


def proxy(payload):
    return {"statusCode": 201, "headers": {"X-Kind": "a"}, "body": {"made": payload}}


def plain_text(payload):
    return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": "hello"}


def strict(payload):
    raise ValueError("weight must be positive")


def broken(payload):
    table = {}
    return helper(table)


def helper(table):
    return table["inner"]


def leaves(payload):
    raise SystemExit(3)


def odd(payload):
    return object()


def nothing():
    return 1


async def slow(payload):
    return 1


def decorate(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@decorate
def wrapped(payload):
    return payload


value = 3
"""


@pytest.fixture
def call(serve):
    def made(attribute):
        artifact = {"kind": "python", "module": "functions", "attribute": attribute}
        return serve(artifact=artifact, code={"functions.py": CODE})

    return made


def test_a_console_event_and_a_web_call_alike(call):
    client = call("echo")
    for body in ({"msg": "Hello from Cloud Function"}, {}, [1], "x", None):
        assert client.ok(body) == client.ok(body, "/predict") == client.endpoint.handle(body, None)
    assert client.ok({"msg": "Hello from Cloud Function"}) == {"response": "Hello from Cloud Function", "success": True}
    assert client.ok(Text("")) == {"success": False}


def test_event_and_context(call):
    client = call("marco")
    assert client.raw("POST", "/", {"name": "Marco"})["body"] == '"Polo"'

    class Context:
        function_name = "named"

    assert client.endpoint.handle({"name": "Ann"}, Context()) == "named"
    assert client.wrong({"nom": 1})["errors"] == [{"field": "name", "expected": "a value", "got": "nothing"}]
    client.wrong("Marco")
    client.wrong([1])


def test_other_callables_of_one_parameter(call):
    assert call("twice").ok(4) == 8
    assert call("instance").ok(1) == [1]
    assert call("instance.method").ok(1) == {"method": 1}
    assert call("wrapped").ok({"a": 1}) == {"a": 1}


def test_an_answer_of_lambdas_own_shape_sets_the_status(call):
    answer = call("proxy").raw("POST", "/", {"a": 1})
    assert (answer["statusCode"], answer["body"], answer["headers"]["x-kind"]) == (201, '{"made": {"a": 1}}', "a")
    answer = call("plain_text").raw("POST", "/", {})
    assert (answer["headers"]["content-type"], answer["body"]) == ("text/plain", "hello")


def test_a_value_error_is_the_inputs_fault_and_anything_else_the_functions(call, capsys):
    assert call("strict").wrong({})["detail"] == "weight must be positive"
    assert call("broken").wrong({}, 500)["title"] == "The function failed"
    assert "KeyError: 'inner'" in capsys.readouterr().err
    assert call("leaves").wrong({}, 500)["type"] == "urn:mlfn:function-failed"
    assert "builtins.object" in call("odd").wrong({}, 500)["detail"]
    assert call("odd").endpoint.handle({}, None)["status"] == 500


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        ("missing", "defines no missing"),
        ("value", "has no callable value"),
        ("nothing", "takes no parameters"),
        ("slow", "async"),
    ],
)
def test_what_cannot_be_called_fails_at_the_start(call, attribute, told):
    with pytest.raises(InitError, match=told):
        call(attribute)


def test_routes_of_a_function(call):
    client = call("echo")
    assert client.call("GET", "/healthz") == (200, {"status": "ok", "model": {"name": "demo", "release": 3}})
    assert client.call("GET", "/openapi.json")[1]["info"]["title"] == "demo"
    assert "<!doctype html>" in client.raw("GET", "/")["body"]
    assert client.call("GET", "/v2")[0] == 404
    client.wrong(Text("{"), 400)
    client.wrong(Text(base64.b64encode(b"\xff").decode()), 400, isBase64Encoded=True)
