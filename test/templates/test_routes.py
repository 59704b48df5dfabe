"""Methods, paths, event versions, and the documents that describe them."""

import json

import pytest
from conftest import http
from zoo import MODELS, patients

RECORD = {"age": 63, "chol": 233.5, "ca": 0, "exang": True, "cp": "typical", "thal": "fixed"}


@pytest.fixture
def heart(serve):
    return serve(model=MODELS["heart"]()[0], name="heart")


def test_health(heart):
    assert heart.call("GET", "/healthz") == (200, {"status": "ok", "model": {"name": "heart", "release": 3}})
    assert heart.call("GET", "/healthz/")[0] == 200


def test_the_page_may_ask_only_its_own_endpoint(heart):
    answer = heart.raw("GET", "/")
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer["headers"]["content-security-policy"]
    assert "http://" not in answer["body"]
    assert "https://" not in answer["body"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/predict", 405, "OPTIONS, POST"),
        ("DELETE", "/", 405, "OPTIONS, GET, POST, HEAD"),
        ("POST", "/healthz", 405, "OPTIONS, GET, HEAD"),
        ("PUT", "/v2/models/heart/infer", 405, "OPTIONS, POST"),
        ("OPTIONS", "/", 204, "OPTIONS, GET, POST, HEAD"),
        ("OPTIONS", "/predict", 204, "OPTIONS, POST"),
    ],
)
def test_methods(heart, method, path, status, allow):
    answer = heart.raw(method, path)
    assert (answer["statusCode"], answer["headers"]["allow"]) == (status, allow)


def test_head_is_get_without_a_body(heart):
    for path in ("/", "/healthz", "/openapi.json"):
        answer = heart.raw("HEAD", path)
        assert (answer["statusCode"], answer["body"]) == (200, "")
    assert heart.raw("HEAD", "/nowhere")["statusCode"] == 404


@pytest.mark.parametrize("path", ["/nowhere", "/predict/3", "/v2/models/other", "/v2/nothing", "/v2/models/heart/versions/9"])
def test_nothing_there(heart, path):
    assert heart.call("GET", path)[1]["type"] == "urn:mlfn:not-found"


def test_events_of_version_1(heart):
    event = {
        "httpMethod": "POST",
        "path": "/predict",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "requestContext": {"path": "/prod/predict", "identity": {"sourceIp": "203.0.113.9"}},
        "body": json.dumps(RECORD),
    }
    assert json.loads(heart.endpoint.handle(event, None)["body"]) == heart.ok(RECORD)


def test_a_named_stage_is_no_part_of_the_path(heart):
    event = http("POST", "/prod/predict", RECORD)
    event["requestContext"]["stage"] = "prod"
    assert heart.endpoint.handle(event, None)["statusCode"] == 200
    event = http("GET", "/prod")
    event["requestContext"]["stage"] = "prod"
    assert "<!doctype html>" in heart.endpoint.handle(event, None)["body"]


def test_a_bare_payload_gets_the_value_and_a_problem_as_a_value(heart):
    assert heart.endpoint.handle(RECORD, None) == heart.ok(RECORD)
    assert heart.endpoint.handle({**RECORD, "age": "x"}, None)["status"] == 422
    assert heart.endpoint.handle({**RECORD, "age": float("nan")}, None)["errors"][0]["got"] == "nan"


def test_the_document_tells_every_field(heart):
    document = heart.call("GET", "/openapi.json")[1]
    record = document["components"]["schemas"]["Record"]
    assert record["required"] == list(RECORD)
    assert record["properties"]["age"]["type"] == "number"
    assert record["properties"]["chol"]["type"] == ["number", "null"]
    assert record["properties"]["ca"] == {"type": "number", "enum": [0, 1, 2, 3], "default": 0}
    assert record["properties"]["exang"] == {"type": "boolean", "enum": [False, True], "default": False}
    assert record["properties"]["cp"]["enum"] == ["atypical", "none", "typical"]
    assert record["properties"]["thal"]["type"] == ["string", "null"]
    assert "enum" not in record["properties"]["thal"]
    example = document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert heart.ok(example)["predictions"]


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("mappings",)])
def test_the_example_of_every_model_is_answered(serve, name):
    client = serve(model=MODELS[name]()[0])
    document = client.call("GET", "/openapi.json")[1]
    example = document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert len(client.ok(example)["predictions"]) == 1


def test_the_inference_protocol(heart):
    assert heart.call("GET", "/v2") == (200, {"name": "mlfn", "version": "2", "extensions": []})
    assert heart.call("GET", "/v2/health/live") == (200, {"live": True})
    assert heart.call("GET", "/v2/models/heart/ready") == (200, {"name": "heart", "ready": True})
    about = heart.call("GET", "/v2/models/heart/versions/3")[1]
    assert [each["name"] for each in about["inputs"]] == list(RECORD)
    tensors = [
        {"name": "age", "shape": [2, 1], "datatype": "INT64", "data": [63, 41]},
        {"name": "chol", "shape": [2], "datatype": "FP64", "data": [233.5, None]},
        {"name": "ca", "shape": [2], "datatype": "INT32", "data": [0, 1]},
        {"name": "exang", "shape": [2], "datatype": "BOOL", "data": [True, False]},
        {"name": "cp", "shape": [2], "datatype": "BYTES", "data": ["typical", "none"]},
        {"name": "thal", "shape": [2, 1], "datatype": "BYTES", "data": [["fixed"], [None]]},
    ]
    answer = heart.ok({"id": "call-7", "inputs": tensors}, "/v2/models/heart/versions/3/infer")
    second = {**RECORD, "age": 41, "chol": None, "ca": 1, "exang": False, "cp": "none", "thal": None}
    own = heart.ok([RECORD, second])
    assert {key: answer[key] for key in ("id", "model_name", "model_version")} == {
        "id": "call-7",
        "model_name": "heart",
        "model_version": "3",
    }
    assert answer["outputs"] == [
        {"name": "predict", "shape": [2], "datatype": "BYTES", "data": own["predictions"]},
        {"name": "predict_proba", "shape": [2, 2], "datatype": "FP64", "data": sum(own["probabilities"], [])},
    ]
    only = heart.ok({"inputs": tensors, "outputs": [{"name": "predict_proba"}]}, "/v2/models/heart/infer")
    assert [each["name"] for each in only["outputs"]] == ["predict_proba"]
    tensors[0]["data"][1] = None
    wrong = heart.wrong({"inputs": tensors}, path="/v2/models/heart/infer")
    assert wrong["errors"][0]["pointer"] == "/inputs/0/data/1"
    heart.wrong({"inputs": tensors, "outputs": [{"name": "x"}]}, path="/v2/models/heart/infer")


def test_one_tensor_of_rows(serve):
    model, rows = MODELS["digits"]()
    client = serve(model=model)
    for data in (rows[:3].ravel().tolist(), rows[:3].tolist()):
        tensor = {"name": "input-0", "shape": [3, 64], "datatype": "FP32", "data": data}
        outputs = client.ok({"inputs": [tensor]}, "/v2/models/demo/infer")["outputs"]
        assert outputs[0] == {"name": "predict", "shape": [3], "datatype": "INT64", "data": model.predict(rows[:3]).tolist()}
    named, frame = MODELS["numbers_with_names"]()
    tensor = {"name": "rows", "shape": [2, 2], "datatype": "FP64", "data": frame.iloc[:2].to_numpy().ravel().tolist()}
    outputs = serve(model=named).ok({"inputs": [tensor]}, "/v2/models/demo/infer")["outputs"]
    assert outputs[0]["data"] == named.predict(patients().loc[:1, ["age", "ca"]]).tolist()


def test_columns_of_several_types_are_a_tensor_each(serve, heart):
    types = {"age": "INT64", "chol": "FP64", "ca": "INT32", "exang": "BOOL"}
    columns = [
        {"name": name, "shape": [1, 1], "datatype": types.get(name, "BYTES"), "data": [value], "parameters": {}}
        for name, value in RECORD.items()
    ]
    answer = heart.ok({"parameters": {"content_type": "pd"}, "inputs": columns[::-1]}, "/v2/models/heart/infer")
    assert answer["outputs"][0]["data"] == heart.ok(RECORD)["predictions"]
    for datatype, data in (("FP64", list(RECORD.values())), ("BYTES", [str(value) for value in RECORD.values()])):
        tensor = {"name": "rows", "shape": [1, 6], "datatype": datatype, "data": data}
        told = heart.wrong({"inputs": [tensor]}, path="/v2/models/heart/infer")["detail"]
        assert "one tensor per column, each named as its column" in told
    model, rows = MODELS["words_without_names"]()
    client = serve(model=model)
    about = client.call("GET", "/v2/models/demo")[1]["inputs"]
    assert [(each["name"], each["datatype"]) for each in about] == [("0", "BYTES"), ("1", "FP64")]
    tensors = [{"name": "1", "shape": [2], "datatype": "INT64", "data": [0, 3]}]
    tensors += [{"name": "0", "shape": [2], "datatype": "BYTES", "data": ["typical", "none"]}]
    answer = client.ok({"inputs": tensors}, "/v2/models/demo/infer")["outputs"][0]["data"]
    assert answer == client.ok([["typical", 0], ["none", 3]])["predictions"]
    tensors[0]["data"][1] = 99.5
    client.ok({"inputs": [{**tensors[0], "datatype": "FP64"}, tensors[1]]}, "/v2/models/demo/infer")
    tensors[1]["data"][1] = "other"
    told = client.wrong({"inputs": [{**tensors[0], "datatype": "FP64"}, tensors[1]]}, path="/v2/models/demo/infer")["errors"]
    assert told[0]["pointer"] == "/inputs/1/data/1"
    tensors[1]["name"] = "city"
    told = client.wrong({"inputs": [{**tensors[0], "datatype": "FP64"}, tensors[1]]}, path="/v2/models/demo/infer")["detail"]
    assert "named 0 to 1" in told


@pytest.mark.parametrize(
    "change",
    [{"shape": [2, 3]}, {"shape": []}, {"shape": "x"}, {"shape": [3, -64]}, {"datatype": "FP31"}, {"datatype": None},
     {"data": 4}, {"data": [1]}, {"name": 3}, {"data": ["x"] * 64}, {"datatype": "BYTES"}, {"shape": [0, 64], "data": []}],
)  # fmt: skip
def test_wrong_tensors(serve, change):
    client = serve(model=MODELS["digits"]()[0])
    tensor = {"name": "input-0", "shape": [1, 64], "datatype": "FP64", "data": [0.0] * 64, **change}
    assert client.wrong({"inputs": [tensor]}, path="/v2/models/demo/infer")["errors"]


def test_texts_as_tensors(serve):
    client = serve(model=MODELS["texts"]()[0])
    for shape in ([2], [2, 1]):
        tensor = {"name": "input-0", "shape": shape, "datatype": "BYTES", "data": ["good film", "dull"]}
        assert client.ok({"inputs": [tensor]}, "/v2/models/demo/infer")["outputs"][0]["data"] == [1, 0]
