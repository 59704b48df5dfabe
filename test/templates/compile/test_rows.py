"""A user's own rows, from every kind of file, through the whole of compile.py."""

import json
import subprocess
import sys

import joblib
import pandas as pd
import pytest
from lab import ROOT, compiled
from mlfn_compile.rows import UnreadableRows, read_rows
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FRAME = pd.DataFrame(
    {"age": [29.5, 63, 41, 57] * 5, "sick": [True, False] * 10, "city": ["Bern", "Köln", "12", "NA?"] * 5, "ca": [0, 1, 2, 1] * 5}
)
TARGET = ["ill", "well", "well", "ill"] * 5


def model():
    columns = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(), ["city", "sick", "ca"]))
    return make_pipeline(columns, LogisticRegression()).fit(FRAME, TARGET)


def job(tmp_path, rows, estimator=None):
    joblib.dump(estimator or model(), tmp_path / "m.joblib")
    told = {
        "artifact": {"file": str(tmp_path / "m.joblib"), "format": "joblib"},
        **{
            "path": [],
            "main": {},
            "requests": [],
            "timeout": 120,
            "rows": str(rows),
            "engine": "plain",
            "out": str(tmp_path / "m.mlfn"),
        },
        "serving": f"{ROOT}/templates/python",
    }
    (tmp_path / "job.json").write_text(json.dumps(told))
    script = f"{ROOT}/templates/tools/compile.py"
    command = [sys.executable, "-I", "-B", script, tmp_path / "job.json", tmp_path / "result.json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # it ends when its parent lets go of the pipe
        assert child.wait() == 0
    return json.loads((tmp_path / "result.json").read_text())


def test_a_csv_file_is_proved_row_by_row(tmp_path):
    (tmp_path / "rows.csv").write_text(FRAME.assign(target=TARGET).to_csv(index=False), encoding="utf-8")
    told = job(tmp_path, tmp_path / "rows.csv")
    assert told["rows"] == {"read": 20, "ignored": ["target"], "refusal": None}
    assert told["compiled"]["rows"]["probes"] == 20
    assert told["compiled"]["rows"]["refused"] == 0
    assert told["compiled"]["proof"]["probes"] > 300


def test_a_row_that_is_refused_is_told(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"age": 1, "sick": true, "city": "Rom", "ca": 1}\n\n{"age": 2}\n', encoding="utf-8")
    told = job(tmp_path, tmp_path / "rows.jsonl")
    assert told["rows"]["refusal"].startswith('city: expected one of "12", "Bern"')
    assert told["compiled"]["rows"]["refused"] == told["rows"]["read"] == 2


def test_a_file_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "rows.csv").write_text("age,sick\n1,true\n", encoding="utf-8")
    told = job(tmp_path, tmp_path / "rows.csv")
    assert told["ok"] is False
    assert "rows.csv has no column city, ca." in json.dumps(told)


def read(tmp_path, text, ending="csv", estimator=None):
    (tmp_path / f"rows.{ending}").write_text(text, encoding="utf-8")
    return read_rows(str(tmp_path / f"rows.{ending}"), compiled(estimator or model())[0].schema)


def test_cells_are_what_their_columns_hold(tmp_path):
    rows, ignored = read(tmp_path, "\ufeffcity;age;ca;sick;y\n12;29,5;1;TRUE;a\nBern;;2;false;\n")
    assert rows == [{"city": "12", "age": "29,5", "ca": 1, "sick": True}, {"city": "Bern", "age": None, "ca": 2, "sick": False}]
    assert ignored == ["y"]


def test_rows_without_names_come_in_their_order(tmp_path):
    estimator = LogisticRegression().fit([[1.0, 2.0], [2.0, 1.0]], [0, 1])
    assert read(tmp_path, "a,b\n1,2.5\n1e3,x\n", estimator=estimator)[0] == [[1, 2.5], [1000.0, "x"]]
    assert read(tmp_path, "[[1, 2], [3, 4]]", "json", estimator)[0] == [[1, 2], [3, 4]]
    with pytest.raises(UnreadableRows, match="has 3 columns; the model takes 2"):
        read(tmp_path, "a,b,c\n1,2,3\n", estimator=estimator)


def test_mappings_have_the_keys_that_have_values(tmp_path):
    from mlfn_serve.introspect import describe

    (tmp_path / "rows.csv").write_text("city,beds\nGraz,2\n,3\n", encoding="utf-8")
    schema = describe(DictVectorizer().fit([{"a": 1}]))
    assert read_rows(str(tmp_path / "rows.csv"), schema)[0] == [{"city": "Graz", "beds": 2}, {"beds": 3}]


@pytest.mark.parametrize(
    ("text", "ending", "words"),
    [
        ("", "csv", "is not a CSV file with a header"),
        ("age,city\n1\n", "csv", "row 2: 1 values where the header has 2"),
        ('a\n"1', "csv", "is not a CSV file"),
        ("[1", "json", "is not valid JSON"),
        ("[]", "json", "holds no rows"),
        ("{}\n{", "jsonl", "is not valid JSON"),
    ],
)
def test_files_that_are_no_rows(tmp_path, text, ending, words):
    with pytest.raises(UnreadableRows, match=words):
        read(tmp_path, text, ending)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableRows, match="nothing.csv could not be read"):
        read_rows(str(tmp_path / "nothing.csv"), compiled(model())[0].schema)
