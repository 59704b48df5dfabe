"""Bad input is told by field and expectation, and is never the server's error."""

import base64
import gzip
import json

import pytest
from conftest import Text, http
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoo import MODELS

RECORD = {"age": 63, "chol": 233.5, "ca": 0, "exang": True, "cp": "typical", "thal": "fixed"}


@pytest.fixture
def heart(serve):
    return serve(model=MODELS["heart"]()[0])


@pytest.mark.parametrize(
    ("change", "field", "expected", "got"),
    [
        ({"age": "63"}, "age", "a number", 'the string "63"'),
        ({"age": [63]}, "age", "a number", "a list of 1"),
        ({"age": {}}, "age", "a number", "an object"),
        ({"age": 10**400}, "age", "a finite 64-bit number", "an integer of 1329 bits"),
        ({"ca": 7}, "ca", "one of 0, 1, 2, 3", "7"),
        ({"ca": "0"}, "ca", "one of 0, 1, 2, 3", 'the string "0"'),
        ({"ca": None}, "ca", "one of 0, 1, 2, 3", "null"),
        ({"ca": False}, "ca", "one of 0, 1, 2, 3", "false"),
        ({"exang": 1}, "exang", "one of false, true", "1"),
        ({"exang": "yes"}, "exang", "one of false, true", 'the string "yes"'),
        ({"cp": "Typical"}, "cp", 'one of "atypical", "none", "typical"', 'the string "Typical"'),
        ({"cp": 1}, "cp", 'one of "atypical", "none", "typical"', "1"),
        ({"thal": 3}, "thal", "a string or null", "3"),
        ({"Age": 1}, "Age", '"age"', "an unknown field"),
        ({"weight": 1}, "weight", "only age, chol, ca, exang, cp, thal", "an unknown field"),
    ],
)
def test_a_wrong_field_is_named(heart, change, field, expected, got):
    one = {"field": field, "expected": expected, "got": got, "pointer": f"/{field}"}
    assert heart.wrong({**RECORD, **change})["errors"] == [one]
    document = heart.wrong({"instances": [RECORD, {**RECORD, **change}]})
    assert document["errors"] == [{**one, "record": 1, "pointer": f"/instances/1/{field}"}]
    assert document["detail"] == f"record 1, {field}: expected {expected}, got {got}"
    if field in RECORD:
        split = {"columns": list(RECORD), "data": [list({**RECORD, **change}.values())]}
        pointer = f"/dataframe_split/data/0/{list(RECORD).index(field)}"
        assert heart.wrong({"dataframe_split": split})["errors"][0]["pointer"] == pointer


def test_a_boolean_is_one_or_zero_in_a_column_of_numbers(heart):
    told = [heart.ok({**RECORD, "age": value})["probabilities"] for value in (True, False, 1, 0)]
    assert told[:2] == told[2:]
    assert told[0] != told[1]


def test_a_missing_field_is_named(heart):
    document = heart.wrong({name: value for name, value in RECORD.items() if name not in ("age", "chol")})
    assert [(each["field"], each["got"]) for each in document["errors"]] == [("age", "nothing"), ("chol", "nothing")]


def test_a_missing_value_that_the_model_cannot_take_is_named(heart, capsys):
    document = heart.wrong([RECORD, {**RECORD, "age": None}])
    one = {"field": "age", "record": 1, "pointer": "/1/age", "expected": "a number", "got": "null"}
    assert document["errors"] == [one]
    assert "Traceback" not in capsys.readouterr().err


def test_null_is_refused_where_another_value_stood_for_missing(serve):
    client = serve(model=MODELS["minus_one_is_missing"]()[0])
    assert client.ok({"age": 50, "ca": -1})
    assert client.wrong({"age": 50, "ca": None})["errors"] == [
        {"field": "ca", "pointer": "/ca", "expected": "a number", "got": "null"}
    ]


def test_a_number_that_is_too_large_for_the_model_is_named(serve):
    client = serve(model=MODELS["forest_with_names"]()[0])
    assert client.wrong({"age": 1e300, "ca": 1, "exang": 0})["errors"][0]["field"] == "age"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ('{"age": ', "line 1, column 9"),
        ('{"age": NaN}', "NaN is not JSON; send null"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ('{"age": 1, "age": 2}', 'The key "age" appears twice'),
        ("[" * 200_000, "nested too deeply"),
        ('{"age":' * 200_000, "nested too deeply"),
        ("1" * 5000, "too many digits"),
        ("{'age': 1}", "line 1, column 2"),
    ],
)
def test_what_is_no_json_is_told(heart, text, told):
    assert told in heart.wrong(Text(text), 400)["detail"]


@pytest.mark.parametrize("body", [[], {"instances": []}, {}, 3, "x", None, True, [3], [[1]], {"instances": 4}])
def test_other_values_are_told(heart, body):
    assert heart.wrong(body)["errors"]


@pytest.mark.parametrize(
    "split",
    [3, {}, {"columns": ["a"]}, {"columns": "a", "data": []}, {"columns": ["a", "a"], "data": [[1, 2]]},
     {"columns": ["age"], "data": [[1, 2]]}, {"columns": ["age"], "data": [1]}, {"columns": ["age"], "data": []},
     {"columns": [None], "data": [[1]]}, {"columns": ["age"], "data": [[1]]}],
)  # fmt: skip
def test_a_wrong_split_is_told(heart, split):
    assert heart.wrong({"dataframe_split": split})["errors"]


def test_keys_beside_instances_are_refused(heart):
    assert heart.wrong({"instances": [RECORD], "parameters": {}})["errors"][0]["field"] == "parameters"


def test_a_literal_beyond_floats_is_told(heart):
    text = json.dumps(RECORD).replace("63", "1e400")
    assert heart.wrong(Text(text))["errors"][0]["field"] == "age"


def test_at_most_twenty_errors_are_listed(heart):
    document = heart.wrong([{**RECORD, "age": "x"}] * 50_000)
    assert len(document["errors"]) == 20
    assert "more" in document["detail"]


def test_rows_are_counted(serve):
    model, rows = MODELS["digits"]()
    client = serve(model=model)
    assert client.wrong([1, 2, 3])["errors"] == [{"pointer": "", "expected": "a list of 64 values", "got": "a list of 3"}]
    assert client.wrong([rows[0].tolist(), [1]])["errors"][0]["record"] == 1
    assert "no feature names" in client.wrong({"a": 1})["detail"]
    assert client.wrong([["x"] * 64])["errors"][0]["pointer"] == "/0/0"
    assert client.wrong([None] * 64)["errors"][5] == {"field": "5", "pointer": "/5", "expected": "a number", "got": "null"}


def test_texts_are_strings(serve):
    client = serve(model=MODELS["texts"]()[0])
    assert client.wrong(3)["errors"][0]["expected"] == "a string"
    assert client.wrong(["a", 4, None])["errors"][0] == {"pointer": "/1", "record": 1, "expected": "a string", "got": "4"}
    assert client.wrong({"text": "a"})["errors"]


def test_mappings_hold_numbers_and_strings(serve):
    client = serve(model=MODELS["mappings"]()[0])
    assert client.wrong([{"beds": 1}, {"beds": [1]}])["errors"][0]["pointer"] == "/1/beds"
    assert client.wrong([3])["errors"]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NEAR_RECORD = st.fixed_dictionaries({name: st.just(value) | ANY_JSON for name, value in RECORD.items()})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANY_JSON | NEAR_RECORD | st.lists(NEAR_RECORD, max_size=3))
@pytest.mark.parametrize("name", ["heart", "digits", "texts", "mappings", "unknown_is_encoded", "union"])
def test_no_json_at_all_is_a_server_error(serve_cached, name, body):
    client = serve_cached(name)
    answer = client.raw("POST", "/", body)
    assert answer["statusCode"] in (200, 400, 422), answer["body"]
    answer = client.raw("POST", "/v2/models/demo/infer", {"inputs": body})
    assert answer["statusCode"] in (200, 400, 422), answer["body"]
    assert isinstance(client.endpoint.handle(body, None), dict)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=40), header=st.sampled_from(["application/json", "", "text/csv", "image/png", "x"]))
def test_no_bytes_at_all_are_a_server_error(serve_cached, raw, header):
    event = http("POST", headers={"content-type": header}, isBase64Encoded=True)
    event["body"] = base64.b64encode(raw).decode()
    assert serve_cached("heart").endpoint.handle(event, None)["statusCode"] in (400, 415, 422)


@pytest.fixture
def serve_cached(serve, request):
    kept = {}

    def made(name):
        if name not in kept:
            kept[name] = serve(model=MODELS[name]()[0])
        return kept[name]

    return made


def test_compressed_bodies(heart):
    packed = base64.b64encode(gzip.compress(json.dumps(RECORD).encode())).decode()
    headers = {"Content-Encoding": "GZIP"}
    assert heart.call("POST", "/", Text(packed), headers=headers, isBase64Encoded=True)[0] == 200
    for raw, status in ((b"no gzip", 400), (gzip.compress(b"[1]")[:-6], 400), (gzip.compress(b" " * 40_000_000), 413)):
        body = Text(base64.b64encode(raw).decode())
        heart.wrong(body, status, headers=headers, isBase64Encoded=True)
    heart.wrong(RECORD, 415, headers={"content-encoding": "br"})


def test_content_types(heart):
    for kind in ("application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "", "text/json"):
        assert heart.call("POST", "/", RECORD, headers={"content-type": kind})[0] == 200, kind
    event = http("POST", body=RECORD)
    event["headers"] = {"CONTENT-TYPE": "application/json"}
    assert heart.endpoint.handle(event, None)["statusCode"] == 200
    del event["headers"]
    assert heart.endpoint.handle(event, None)["statusCode"] == 200
    heart.wrong(RECORD, 415, headers={"content-type": "multipart/form-data; boundary=x"})
    heart.wrong(Text("age=63"), 415, headers={"content-type": "application/x-www-form-urlencoded"})
    heart.wrong(Text("a,b"), 415, headers={"content-type": "text/csv"})


def test_a_body_in_base64_and_with_a_byte_order_mark(heart):
    body = Text(base64.b64encode(b"\xef\xbb\xbf" + json.dumps(RECORD).encode()).decode())
    assert heart.call("POST", "/", body, isBase64Encoded=True)[0] == 200
    for damaged in ("!!", "abcde", "é===", body[:4] + "!!" + body[4:]):
        assert "base64 and is not" in heart.wrong(Text(damaged), 400, isBase64Encoded=True)["detail"], damaged
    assert "byte 1" in heart.wrong(Text(base64.b64encode(b"[\xff]").decode()), 400, isBase64Encoded=True)["detail"]


def test_too_large_an_answer_is_told(serve):
    code = {"long_answer.py": "def postprocess(body):\n    return 'x' * int(body[0])\n"}
    model, rows = MODELS["no_probabilities"]()
    client = serve(model=model, code=code, hooks="long_answer")
    assert len(client.ok([6_000_000, 1, 1])) == 6_000_000
    assert "6 MB" in client.wrong([6_300_000, 1, 1], 413)["detail"]


def test_an_exception_of_the_model_is_ours_and_its_trace_is_in_the_log(serve, capsys):
    code = {"broken.py": "class Broken:\n    def predict(self, x):\n        raise RuntimeError('secret')\n"}
    import sys
    import types

    module = types.ModuleType("broken")
    exec(code["broken.py"], module.__dict__)
    sys.modules["broken"] = module
    client = serve(model=module.Broken(), code=code)
    document = client.wrong([[1]], 500)
    del sys.modules["broken"]
    assert "secret" not in json.dumps(document)
    assert "RuntimeError: secret" in capsys.readouterr().err


@pytest.mark.parametrize("row", [[1, 10**400, -(10**400)], [1e308, 1e308, "1"], [float("inf"), -float("inf"), 0]])
def test_the_quick_way_lets_nothing_through(serve, row):
    client = serve(model=MODELS["no_probabilities"]()[0])
    assert client.endpoint.handle([row, [0, 0, 0]], None)["status"] == 422
    assert client.endpoint.handle([[1e308, 1e308, -1], [0, 0.5, 0]], None)["predictions"]


def test_a_refusal_names_the_columns_of_which_nothing_was_known(serve):
    code = {"per.py": "def per(frame):\n    return (frame[['a']].to_numpy() / frame[['b']].to_numpy()).astype(float)\n"}
    import sys
    import types

    import pandas as pd
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    module = types.ModuleType("per")
    exec(code["per.py"], module.__dict__)
    sys.modules["per"] = module
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [2.0, 2.0, 4.0]})
    model = make_pipeline(FunctionTransformer(module.per), LinearRegression()).fit(frame, [1, 2, 3])
    client = serve(model=model, code=code)
    del sys.modules["per"]
    assert client.ok([{"a": 1, "b": 2}, {"b": 1.5, "a": 3}])["predictions"]
    assert [each["field"] for each in client.wrong({"a": "x", "b": 1})["errors"]] == ["a"]
    assert [each["field"] for each in client.wrong({"a": 1, "b": None})["errors"]] == ["b"]
