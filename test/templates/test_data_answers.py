"""Answers to objects: inline while they fit, else written beside the data; and what may never be reached."""

import json
import os
import shutil

import pytest
import zoo
from mlfn_serve import events


@pytest.fixture
def lab(serve, monkeypatch, tmp_path):
    """lab(model) gives a Client; the bucket `lab` is the folder `bucket`, of which validation/ may be read."""
    bucket = tmp_path / "bucket"
    (bucket / "validation").mkdir(parents=True)

    def made(model, **more):
        told = {"read": ["s3://lab/validation/"], "memory": 1024, "folders": {"lab": bucket.as_uri() + "/"}, **more}
        monkeypatch.setenv("MLFN_DATA", json.dumps(told))
        return serve(model=model), bucket

    return made


@pytest.fixture
def numbers(lab):
    """The client of a model of two numbers, its bucket and 40 rows in it, and what they are answered."""

    def made(**more):
        model, rows = zoo.MODELS["numbers_with_names"]()
        client, bucket = lab(model, **more)
        rows[:40].to_csv(bucket / "validation" / "rows.csv", index=False)
        return client, bucket, client.ok(rows[:40].to_dict("records"))

    return made


ROWS = {"bucket": "lab", "key": "validation/rows.csv"}


def test_a_large_answer_is_written_once_whatever_is_asked_twice(numbers, monkeypatch):
    client, bucket, wanted = numbers(write="s3://lab/out")
    assert client.ok(ROWS) == wanted
    assert not (bucket / "out").exists()
    monkeypatch.setattr(events, "_limit", events.Limit(1500, True))
    told = client.ok(ROWS)
    assert told.keys() == {"output", "count", "model"} and told["count"] == 40
    assert client.ok({"data": "s3://lab/validation/rows.csv"}) == told
    [file] = (bucket / "out").iterdir()
    assert told["output"] == f"s3://lab/out/{file.name}"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["prediction"] for line in lines] == wanted["predictions"]
    assert [line["probabilities"] for line in lines] == wanted["probabilities"]
    rows = bucket / "validation" / "rows.csv"
    rows.write_text(rows.read_text() + "50,1\n")
    assert client.ok(ROWS)["output"] != told["output"]
    assert len(list((bucket / "out").iterdir())) == 2


def test_without_a_place_to_write_it_is_too_large(numbers, monkeypatch):
    client, _, _ = numbers()
    monkeypatch.setattr(events, "_limit", events.Limit(1 << 20, True))
    assert client.ok(ROWS)["predictions"]
    monkeypatch.setattr(events, "_limit", events.Limit(1500, True))
    detail = client.wrong(ROWS, 413)["detail"]
    assert detail.startswith("The answer to 40 rows is larger than 0 MB, some ") and "`data: {write: ...}` in mlfn.yaml" in detail


def test_what_postprocess_makes_is_written_whole(lab, serve, monkeypatch):
    model, rows = zoo.MODELS["numbers_with_names"]()
    _, bucket = lab(model, write="s3://lab/out/")
    rows[:9].to_csv(bucket / "validation" / "rows.csv", index=False)
    code = {"hooks.py": "def postprocess(predictions, body):\n    return {'all': predictions * 30_000, 'of': body['key']}\n"}
    client = serve(model=model, code=code, hooks="hooks")
    assert len(client.ok(ROWS)["all"]) == 270_000
    monkeypatch.setattr(events, "_limit", events.Limit(1 << 20, True))
    told = client.ok(ROWS)
    assert told["count"] == 9
    written = json.loads((bucket / "out" / os.path.basename(told["output"])).read_text())
    assert written["of"] == "validation/rows.csv" and len(written["all"]) == 270_000


def test_a_folder_that_cannot_be_written_to_is_told(numbers, monkeypatch):
    client, bucket, _ = numbers(write="s3://lab/out/")
    (bucket / "out").write_text("a file")
    monkeypatch.setattr(events, "_limit", events.Limit(1500, True))
    assert "cannot be reached" in client.wrong(ROWS, 502)["detail"]


def test_what_is_missing_or_no_object(numbers):
    client, bucket, _ = numbers()
    (bucket / "validation" / "deep").mkdir()
    for key in ("validation/none.csv", "validation/deep", "validation/rows.csv/x"):
        assert client.wrong({"bucket": "lab", "key": key})["type"] == "urn:mlfn:data-missing", key
    for key in ("secret.csv", "validation-secret/rows.csv"):
        assert client.wrong({"bucket": "lab", "key": key}, 403)["type"] == "urn:mlfn:data-forbidden"
    assert client.wrong({"bucket": "other", "key": "validation/rows.csv"}, 403)


def test_links_lead_nowhere_else(numbers):
    client, bucket, wanted = numbers()
    inside = bucket / "validation"
    (bucket / "secret.csv").write_text("age,ca\n1,1\n")
    (bucket / "secret").mkdir()
    shutil.copy(bucket / "secret.csv", bucket / "secret" / "rows.csv")
    os.symlink(bucket / "secret.csv", inside / "link.csv")
    os.symlink(bucket / "secret", inside / "folder")
    os.symlink(inside / "rows.csv", inside / "own.csv")
    for key in ("validation/link.csv", "validation/folder/rows.csv"):
        assert "a link to what this endpoint may not read" in client.wrong({"bucket": "lab", "key": key}, 403)["detail"]
    assert client.ok({"bucket": "lab", "key": "validation/own.csv"}) == wanted


def test_a_model_of_these_very_fields_gets_records(lab):
    data = zoo.patients()[["cp", "thal"]].rename(columns={"cp": "bucket", "thal": "key"}).fillna("normal")
    model = zoo.fitted(zoo.make_pipeline(zoo.OneHotEncoder(), zoo.LogisticRegression()), data)[0]
    client, bucket = lab(model)
    data[:5].to_csv(bucket / "validation" / "rows.csv", index=False)
    assert client.ok({"bucket": "typical", "key": "fixed"})["predictions"]
    assert len(client.ok({"data": "s3://lab/validation/rows.csv"})["predictions"]) == 5


def test_without_settings_a_body_is_a_record(serve):
    model, _ = zoo.MODELS["numbers_with_names"]()
    client = serve(model=model)
    assert {error["field"] for error in client.wrong(ROWS)["errors"]} >= {"bucket", "key"}
    assert "s3://" not in json.dumps(client.call("GET", "/openapi.json")[1])


def test_what_is_no_reference_is_told_by_field(numbers):
    client, _, _ = numbers()
    assert client.wrong({"data": 5})["errors"] == [{"field": "data", "pointer": "/data", "expected": "a string", "got": "5"}]
    assert client.wrong({**ROWS, "header": "yes"})["errors"][0]["field"] == "header"
    assert client.wrong({"bucket": "lab"})["errors"][0]["expected"] == "a number"


def test_the_document_describes_it(numbers):
    client, _, _ = numbers()
    status, document = client.call("GET", "/openapi.json")
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    references = [each for shape in body["anyOf"] for each in shape.get("anyOf", [])]
    assert [each["required"] for each in references] == [["data"], ["bucket", "key"]]
    assert document["components"]["schemas"]["Answer"]["anyOf"][1]["required"] == ["output", "count"]
    assert status == 200
