"""preprocess and postprocess, and what their exceptions mean."""

import json

import numpy as np
import pytest
from mlfn_serve.problems import InitError
from zoo import MODELS

LOGIT = """
def preprocess(body):
    return [[float(body[name]) for name in ("a", "b", "c")]]


def postprocess(probabilities, classes):
    return {"response": str(probabilities[0][classes.index(1)]), "success": True}
"""


@pytest.fixture
def logit():
    from sklearn.linear_model import LogisticRegression

    rows = np.random.default_rng(5).normal(size=(60, 3))
    return LogisticRegression().fit(rows, (rows[:, 0] > 0).astype(int))


def test_the_whole_body_and_the_whole_answer_are_theirs(serve, logit):
    client = serve(model=logit, code={"logit_hooks.py": LOGIT}, hooks="logit_hooks")
    answer = client.ok({"a": "1", "b": "0", "c": "-1.5"})
    assert answer == {"response": repr(float(logit.predict_proba([[1, 0, -1.5]])[0, 1])), "success": True}
    assert client.endpoint.handle({"a": "1", "b": "0", "c": "-1.5"}, None) == answer


def test_what_preprocess_cannot_read_is_the_inputs_fault(serve, logit, capsys):
    client = serve(model=logit, code={"logit_hooks.py": LOGIT}, hooks="logit_hooks")
    missing = client.wrong({"a": "1", "b": "2"})
    assert missing["errors"] == [{"field": "c", "expected": "a value", "got": "nothing"}]
    assert "could not convert string to float: 'x'" in client.wrong({"a": "x", "b": "2", "c": "3"})["detail"]
    for body in ([], "text", None, 3, {"a": None, "b": 1, "c": 1}, {"a": [], "b": 1, "c": 1}):
        client.wrong(body)
    assert "Traceback" in capsys.readouterr().err


def test_what_preprocess_makes_is_checked_too(serve):
    code = {"rename.py": "def preprocess(body):\n    return {'age': body['years'], 'ca': 1}\n"}
    client = serve(model=MODELS["numbers_with_names"]()[0], code=code, hooks="rename")
    assert client.ok({"years": 60})["model"]["release"] == 3
    assert client.wrong({"years": "60"})["errors"] == [{"field": "age", "expected": "a number", "got": 'the string "60"'}]


@pytest.mark.parametrize("made", ["numpy.array([[1.0, 2.0, 3.0]])", "(1, 2, 3)", "[numpy.float64(1), numpy.int64(2), 3]"])
def test_preprocess_may_make_arrays(serve, logit, made):
    code = {"arrays.py": f"import numpy\n\n\ndef preprocess(body):\n    return {made}\n"}
    client = serve(model=logit, code=code, hooks="arrays")
    np.testing.assert_allclose(client.ok({})["probabilities"], logit.predict_proba([[1, 2, 3]]), rtol=1e-12)


def test_postprocess_gets_what_it_asks_for(serve, logit):
    code = {"everything.py": "def postprocess(**given):\n    return sorted(given)\n"}
    client = serve(model=logit, code=code, hooks="everything")
    assert client.ok([1, 2, 3]) == ["body", "classes", "predictions", "probabilities"]
    code = {"two.py": "def postprocess(body, predictions, extra=1):\n    return [body, predictions, extra]\n"}
    assert serve(model=logit, code=code, hooks="two").ok([1, 2, 3]) == [[1, 2, 3], [int(logit.predict([[1, 2, 3]])[0])], 1]


def test_exceptions_of_postprocess(serve, logit):
    code = {"picky.py": "def postprocess(body):\n    return 1 / body[0] if body[1] else int('too late')\n"}
    client = serve(model=logit, code=code, hooks="picky")
    assert client.wrong([0, 1, 1], 500)["type"] == "urn:mlfn:hook-failed"
    assert "too late" in client.wrong([0, 0, 0])["detail"]


def test_an_answer_without_a_json_form_names_its_type(serve, logit):
    code = {"odd.py": "def postprocess(body):\n    return {'a': [object()]}\n"}
    client = serve(model=logit, code=code, hooks="odd")
    assert "builtins.object at /a/0" in client.wrong([1, 1, 1], 500)["detail"]
    assert client.endpoint.handle([1, 1, 1], None)["status"] == 500


def test_the_inference_protocol_is_off_and_says_so(serve, logit):
    client = serve(model=logit, code={"logit_hooks.py": LOGIT}, hooks="logit_hooks")
    assert "hooks" in client.wrong({"inputs": []}, 404, "/v2/models/demo/infer")["detail"]
    assert client.call("GET", "/v2/health/ready") == (200, {"ready": True})
    paths = client.call("GET", "/openapi.json")[1]["paths"]
    assert not [path for path in paths if path.startswith("/v2")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n", "neither preprocess nor postprocess"),
        ("def postprocess(answer):\n    return answer\n", "asks for 'answer'"),
        ("import not_there\n", "needs not_there, which is not in the package"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("def (\n", "SyntaxError"),
    ],
)
def test_hooks_that_cannot_work_fail_at_the_start(serve, logit, text, told):
    with pytest.raises(InitError, match=told):
        serve(model=logit, code={"bad_hooks.py": text}, hooks="bad_hooks")
    with pytest.raises(InitError, match="is not in the package"):
        serve(model=logit, hooks="no_such_hooks")


def test_the_document_of_a_model_with_hooks_is_open(serve, logit):
    client = serve(model=logit, code={"logit_hooks.py": LOGIT}, hooks="logit_hooks")
    assert json.loads(client.raw("GET", "/openapi.json")["body"])["components"]["schemas"]["Record"] == {}
