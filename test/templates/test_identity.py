"""Who answered: the release and the call, in the headers of every HTTP answer and nowhere else."""

from types import SimpleNamespace

import pytest
from conftest import Text, http, package
from mlfn_serve.problems import InitError
from test_runtime import ROW, answer_of
from zoo import MODELS

FUNCTION = {"kind": "python", "module": "app", "attribute": "f"}
CALL = SimpleNamespace(aws_request_id="8f5")
CODE = {"app.py": "def f(payload):\n    return {'got': payload}\n"}
WSGI = {"app.py": "def f(environ, start_response):\n    start_response('201 Created', [])\n    return [b'{}']\n"}


@pytest.mark.parametrize("code", [CODE, WSGI])
@pytest.mark.parametrize("body", [{"a": 1}, Text("{")])
def test_every_http_answer_names_release_and_call(serve, code, body):
    answer = serve(code=code, artifact=FUNCTION).endpoint.handle(http("POST", "/", body), CALL)
    assert {name: value for name, value in answer["headers"].items() if name.startswith("x-mlfn-")} == {
        "x-mlfn-release": "3",
        "x-mlfn-request-id": "8f5",
    }


def test_a_404_names_them_too(serve):
    answer = serve(code=CODE, artifact=FUNCTION).endpoint.handle(http("GET", "/none"), CALL)
    assert (answer["statusCode"], answer["headers"]["x-mlfn-release"]) == (404, "3")


def test_a_bare_payload_gets_the_value_and_no_more(serve):
    client = serve(code=CODE, artifact=FUNCTION)
    assert client.endpoint.handle({"headers": 1}, CALL) == {"got": {"headers": 1}}
    assert client.endpoint.handle(None, CALL) == {"got": None}


def test_a_version_that_is_no_release_is_not_told(serve):
    endpoint = serve(code=CODE, artifact=FUNCTION).endpoint
    endpoint.identity["release"] = "$LATEST"
    assert endpoint.stamped({"headers": {}}, http("GET"), None)["headers"] == {}


def test_the_release_is_the_targets_number_and_not_lambdas(tmp_path):
    root = package(tmp_path, model=MODELS["no_probabilities"]()[0])
    answer, _ = answer_of(root, [ROW], AWS_LAMBDA_FUNCTION_VERSION="12", MLFN_RELEASE="4")
    assert answer["model"] == {"name": "demo", "release": 4}


def test_an_import_that_fails_names_the_line(serve):
    with pytest.raises(InitError, match=r"ZeroDivisionError: division by zero \(app\.py, line 2\)$"):
        serve(code={"app.py": "def f(payload): pass\n1 / 0\n"}, artifact=FUNCTION)
    with pytest.raises(InitError, match=r"\(lib\.py, line 1\)$"):
        serve(code={"app.py": "import lib\n", "lib.py": "[][0]\n"}, artifact=FUNCTION)
