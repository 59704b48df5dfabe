"""ONNX files as the serving code answers them, and as onnxruntime does when it is asked directly."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import Client, package
from graphs import GRAPHS, graph, node
from hypothesis import given, settings
from hypothesis import strategies as st
from mlfn_serve.problems import InitError
from mlfn_serve.start import start
from onnx import TensorProto
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

TOOLS = Path(__file__).resolve().parents[2] / "templates" / "tools"


def served(root, data, **parts):
    (root / "model").mkdir(parents=True, exist_ok=True)
    (root / "model" / "m.onnx").write_bytes(data)
    artifact = {"kind": "model", "path": "model/m.onnx", "format": "onnx"}
    return Client(start(str(package(root, artifact=artifact, **parts)), "3"))


@pytest.fixture
def opened(tmp_path):
    return lambda name, **parts: served(tmp_path, GRAPHS[name](), **parts)


def told(answer):
    return {key: value for key, value in answer.items() if key != "model"}


IMAGE = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]
LARGER = [[[1.0] * 4] * 4]


@pytest.mark.parametrize(
    ("name", "record", "prediction"),
    [
        ("rows", [1, 0, 0, 1], [6.0, 8.0]),
        ("rows", {"x": [1, 0, 0, 1]}, [6.0, 8.0]),
        ("one by one", [1, 0, 0, 1], [6.0, 8.0]),
        ("image", IMAGE, {"scores": [45.0], "best": 0}),
        ("image", LARGER, {"scores": [9.0], "best": 0}),
        ("two inputs", {"price": 1.5, "count": 2}, [3.0]),
        ("two inputs", {"price": [1.5], "count": [2.0]}, [3.0]),
        ("wide inputs", {"a": [1, 2], "b": [3, 4, 5]}, [1.0, 2.0, 3.0, 4.0, 5.0]),
        ("text", "one", ["one"]),
        ("flags", [True, False, True], [False, True, False]),
        ("whole", [1, 2, 3], 6.0),
        ("found", [1, 0, 3], [[0, 0], [0, 2]]),
        ("found", [1, 0, 0], [[0, 0]]),
        ("table", [0, 3], [[0.0, 1.0], [6.0, 7.0]]),
    ],
)
def test_a_record_means_the_same_alone_and_among_others(opened, name, record, prediction):
    client = opened(name)
    for body, count in ((record, 1), ([record], 1), ([record, record, record], 3), ({"instances": [record, record]}, 2)):
        assert told(client.ok(body)) == {"predictions": [prediction] * count}


def test_records_of_different_sizes_in_one_request(opened):
    answer = opened("image").ok([IMAGE, LARGER, IMAGE])
    assert [each["scores"] for each in answer["predictions"]] == [[45.0], [9.0], [45.0]]


def test_columns_and_rows_of_pandas(opened):
    split = {"dataframe_split": {"columns": ["count", "price"], "data": [[2, 1.5], [1, 4]]}}
    assert told(opened("two inputs").ok(split)) == {"predictions": [[3.0], [4.0]]}


@pytest.mark.parametrize(
    ("name", "body", "field", "expected", "pointer"),
    [
        ("rows", [1, 2, 3], "x", "a list of 4 numbers", ""),
        ("rows", [[1, 2, 3, 4], [1, 2, 3, "4"]], "x[3]", "a number", "/1/3"),
        ("rows", [1, 2, 3, 1e39], "x[3]", "a number within 32-bit floats", "/3"),
        ("rows", {"y": [1, 2, 3, 4]}, "x", "a list of 4 numbers", ""),
        ("image", [[1, 2], [3, 4]], "img", "numbers of shape [1, ?, ?]", "/0"),
        ("image", [[[1, 2, 3], [4, 5], [7, 8, 9]]], "img[0][1]", "a list of 3 numbers", "/0/1"),
        ("two inputs", {"price": 1.5, "count": 2.5}, "count", "a whole number", "/count/0"),
        ("two inputs", {"price": 1.5, "count": None}, "count", "a whole number", "/count/0"),
        ("two inputs", {"price": 1.5, "count": 2**63}, "count", "a whole number from", "/count/0"),
        ("two inputs", {"price": 1.5}, "count", "a whole number", "/count"),
        ("two inputs", {"price": 1.5, "count": 1, "tax": 1}, "tax", "only price, count", "/tax"),
        ("text", [1], "t", "a string", "/0/0"),
        ("flags", [True, 0, True], "t[1]", "a boolean", "/1"),
    ],
)
def test_what_does_not_fit_is_told_by_input_and_place(opened, name, body, field, expected, pointer):
    error = opened(name).wrong(body)["errors"][0]
    assert error["field"] == field
    assert error["expected"].startswith(expected)
    assert error["pointer"] == pointer


def test_null_is_a_missing_number(opened):
    assert told(opened("rows").ok([1, None, 0, 0])) == {"predictions": [[None, None]]}


def test_what_the_graph_itself_refuses_is_the_inputs_fault(opened):
    assert "out of data bounds" in opened("table").wrong([0, 9])["detail"]


LABELS = (["no", "yes"], [3, 7])


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("zipped", [True, False])
def test_a_classifier_tells_labels_probabilities_and_classes(tmp_path, labels, zipped):
    rows = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    model = LogisticRegression().fit(rows, np.array(labels)[(rows[:, 0] > 0).astype(int)])
    client = served(tmp_path, to_onnx(model, rows[:1], options={id(model): {"zipmap": zipped}}).SerializeToString())
    answer = client.ok(rows[:5].tolist())
    assert answer["predictions"] == model.predict(rows[:5]).tolist()
    np.testing.assert_allclose(answer["probabilities"], model.predict_proba(rows[:5]), rtol=1e-5, atol=1e-6)
    assert answer.get("classes") == (labels if zipped else None)


def test_hooks_hand_over_arrays_by_name_and_get_the_answer(tmp_path):
    code = {
        "adding.py": """
import numpy
def preprocess(body):
    wide = numpy.array(body["numbers"], dtype="float64").reshape(-1, 5)
    return {"a": wide[:, :2], "b": wide[:, 2:]}
def postprocess(predictions):
    return {"sums": [sum(each) for each in predictions]}
"""
    }
    client = served(tmp_path, GRAPHS["wide inputs"](), code=code, hooks="adding")
    assert client.ok({"numbers": [1, 2, 3, 4, 5]}) == {"sums": [15.0]}
    assert client.ok({"numbers": list(range(10))}) == {"sums": [10.0, 35.0]}


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("numpy.zeros((1, 3))", "preprocess returned [1, 3] for x; it takes an array of shape ['?', 4]."),
        ('{"z": numpy.zeros((1, 4))}', "preprocess returned z; the model takes x."),
    ],
)
def test_a_hook_that_returns_what_the_model_does_not_take(tmp_path, returned, says):
    hooks = f"wrong{len(says)}"
    code = {f"{hooks}.py": f"import numpy\ndef preprocess(body):\n    return {returned}\n"}
    client = served(tmp_path, GRAPHS["rows"](), code=code, hooks=hooks)
    assert client.wrong([1], status=500)["detail"] == says


def test_the_inference_protocol_speaks_of_the_models_own_tensors(opened):
    client = opened("two inputs")
    about = client.call("GET", "/v2/models/demo")[1]
    assert about["inputs"] == [
        {"name": "price", "datatype": "FP32", "shape": [-1, 1]},
        {"name": "count", "datatype": "INT64", "shape": [-1, 1]},
    ]
    assert about["outputs"] == [{"name": "sum", "datatype": "FP32", "shape": [-1, 1]}]
    price = {"name": "price", "datatype": "FP32", "shape": [2, 1], "data": [1, 2]}
    count = {"name": "count", "datatype": "INT64", "shape": [2, 1], "data": [3, 4]}
    path = "/v2/models/demo/infer"
    [out] = client.ok({"inputs": [count, price]}, path)["outputs"]
    assert (out["name"], out["shape"], out["data"]) == ("sum", [2, 1], [3.0, 8.0])
    assert client.wrong({"inputs": [price]}, path=path)["errors"][0]["expected"] == "a tensor count"
    wrong = client.wrong({"inputs": [price, {**count, "shape": [2]}]}, path=path)["errors"][0]
    assert (wrong["pointer"], wrong["expected"], wrong["got"]) == ("/inputs/1/shape", "[-1, 1]", "[2]")


def test_the_documents_describe_each_input(opened):
    client = opened("image")
    document = client.call("GET", "/openapi.json")[1]
    record = document["components"]["schemas"]["Record"]
    assert record["description"] == "float32 [?, 1, ?, ?]"
    assert (record["minItems"], record["maxItems"]) == (1, 1)
    example = client.call("GET", "/openapi.json")[1]["paths"]["/"]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]
    assert np.array(example).shape == (1, 1, 1)


def test_a_newer_operator_set_is_told_of_in_one_sentence(tmp_path):
    data = graph([node("Relu", ["x"], ["y"])], [("x", 1, ["n", 1])], [("y", 1, ["n", 1])], opset=17)
    data = data.replace(b"B\x04\n\x00\x10\x11", b"B\x04\n\x00\x10\x7f")
    with pytest.raises(InitError, match="could not be opened by onnxruntime: .*[Oo]pset"):
        served(tmp_path, data)


def test_an_input_without_a_form_in_json(tmp_path):
    ports = [("x", TensorProto.BFLOAT16, ["n", 1])], [("y", TensorProto.BFLOAT16, ["n", 1])]
    with pytest.raises(InitError, match=r"The input x of m.onnx is of the type tensor\(bfloat16\)"):
        served(tmp_path, graph([node("Identity", ["x"], ["y"])], *ports))


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(served, asked directly) of the graph with rows."""
    sys.path.insert(0, str(TOOLS))
    found = importlib.import_module("mlfn_baseline.graph").GraphFile
    sys.path.remove(str(TOOLS))
    root = tmp_path_factory.mktemp("both")
    client = served(root, GRAPHS["rows"]())
    return client, found(str(root / "model" / "m.onnx"))


@pytest.mark.parametrize("body", [[1, None, 0, 0], {"x": [1, 0, 0, None]}, [[1, 0, 0, 0], [None, 0, 0, 0]]])
def test_a_missing_number_is_refused_where_the_converter_says_so(tmp_path, monkeypatch, body):
    model = onnx.load_from_string(GRAPHS["rows"]())
    model.metadata_props.add(key="mlfn.missing", value="refused")
    client = served(tmp_path, model.SerializeToString())
    assert told(client.ok([1, 0, 0, 0])) == {"predictions": [[0.0, 1.0]]}
    [error] = client.wrong(body)["errors"]
    assert error["got"] == "null"
    monkeypatch.syspath_prepend(str(TOOLS))
    own = importlib.import_module("mlfn_baseline.graph").GraphFile(str(tmp_path / "model" / "m.onnx"))
    with pytest.raises(Exception, match="does not take a missing value in 'x'"):
        own.answered(body)


NUMBERS = st.one_of(st.none(), st.integers(-(10**6), 10**6), st.floats(-1e30, 1e30, allow_nan=False))


@given(st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_any_rows_are_answered_as_onnxruntime_answers_them(both, rows):
    client, own = both
    found = client.ok({"instances": rows})["predictions"]
    expected = json.loads(json.dumps(own.answered({"instances": rows})["predictions"]).replace("NaN", "null"))
    expected = [[None if each in (None, float("inf"), float("-inf")) else each for each in row] for row in expected]
    for one, other in zip(found, expected):
        for left, right in zip(one, other):
            assert left == right or left == pytest.approx(right, rel=1e-5)
