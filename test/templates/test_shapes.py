"""What a record means does not depend on its company, nor on the body shape it came in."""

import importlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Client, package
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlfn_serve.start import start
from zoo import MODELS, patients

TOOLS = Path(__file__).resolve().parents[2] / "templates" / "tools"


def records_of(rows):
    """Training rows as a client would send them."""
    if isinstance(rows, pd.DataFrame):
        return json.loads(rows.to_json(orient="records", double_precision=15))
    return rows.tolist() if isinstance(rows, np.ndarray) else rows


@pytest.mark.parametrize("name", MODELS)
def test_answers_what_the_model_itself_answers(serve, name):
    model, rows = MODELS[name]()
    client = serve(model=model)
    answer = client.ok({"instances": records_of(rows)})
    method = model.predict if hasattr(model, "predict") else model.transform
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = np.asarray(method(rows))
        assert np.asarray(answer["predictions"]).shape == own.shape
        if own.dtype.kind == "f":
            np.testing.assert_allclose(answer["predictions"], own, rtol=1e-12, atol=1e-12)
        else:
            assert answer["predictions"] == own.tolist()
        if hasattr(model, "predict_proba"):
            chances = model.predict_proba(rows)
            if isinstance(chances, list):
                chances = [list(map(list, each)) for each in zip(*chances)]
                assert [len(each) for each in answer["probabilities"][0]] == [len(each) for each in chances[0]]
                for output in range(len(chances[0])):
                    told = [each[output] for each in answer["probabilities"]]
                    np.testing.assert_allclose(told, [each[output] for each in chances], rtol=1e-12, atol=1e-12)
            else:
                np.testing.assert_allclose(answer["probabilities"], chances, rtol=1e-12, atol=1e-12)
        else:
            assert "probabilities" not in answer
    assert answer["model"] == {"name": "demo", "release": 3}


@pytest.mark.parametrize("name", MODELS)
def test_a_record_alone_is_answered_as_in_a_list(serve, name):
    model, rows = MODELS[name]()
    client = serve(model=model)
    records = records_of(rows)[:8]
    together = client.ok(records)
    for index, record in enumerate(records):
        for body in (record, [record], {"instances": [record]}):
            same(client.ok(body), together, index)
    assert client.ok(records, "/predict") == together


def same(alone, together, index):
    """One record's answer against its place in a batch; BLAS may sum a batch in another order, so to 12 digits."""
    one, several = alone["predictions"], together["predictions"][index : index + 1]
    if isinstance(np.ravel(one)[0], (float, np.floating)):
        np.testing.assert_allclose(one, several, rtol=1e-12, atol=1e-12)
    else:
        assert one == several
    if "probabilities" in alone:
        for left, right in zip(alone["probabilities"], together["probabilities"][index : index + 1]):
            np.testing.assert_allclose(np.hstack(left), np.hstack(right), rtol=1e-12, atol=1e-12)
    assert {key: value for key, value in alone.items() if key not in ("predictions", "probabilities")} == {
        key: value for key, value in together.items() if key not in ("predictions", "probabilities")
    }


RECORD = st.fixed_dictionaries(
    {
        "age": st.one_of(st.integers(-(2**62), 2**62), st.floats(-1e6, 1e6)),
        "chol": st.one_of(st.none(), st.integers(0, 900), st.floats(0, 900)),
        "ca": st.sampled_from([0, 1, 2, 3, 1.0]),
        "exang": st.booleans(),
        "cp": st.sampled_from(["typical", "atypical", "none"]),
        "thal": st.one_of(st.none(), st.text(), st.sampled_from(["normal", "fixed"])),
    }
)


@pytest.fixture(scope="module")
def heart(tmp_path_factory):
    root = package(tmp_path_factory.mktemp("heart"), model=MODELS["heart"]()[0])
    return Client(start(str(root), "3"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RECORD, min_size=1, max_size=6), st.randoms())
def test_every_shape_gives_the_same_answer(heart, records, random):
    together = heart.ok(records)
    columns = list(records[0])
    random.shuffle(columns)
    split = {"columns": columns, "index": list(range(len(records))), "data": [[r[c] for c in columns] for r in records]}
    assert heart.ok({"instances": records}) == together
    assert heart.ok({"dataframe_split": split}) == together
    shuffled = [dict(random.sample(list(record.items()), len(record))) for record in records]
    assert heart.ok(shuffled) == together
    assert heart.endpoint.handle(records, None) == together  # the same as a bare payload
    for index, record in enumerate(records):
        same(heart.ok(record), together, index)
        tensors = [{"name": name, "shape": [1], "datatype": datatype(value), "data": [value]} for name, value in record.items()]
        outputs = {each["name"]: each["data"] for each in heart.ok({"inputs": tensors}, "/v2/models/demo/infer")["outputs"]}
        assert outputs["predict"] == together["predictions"][index : index + 1]


def datatype(value):
    if isinstance(value, bool):
        return "BOOL"
    return "BYTES" if isinstance(value, (str, type(None))) else "FP64"


def test_missing_values_are_what_they_were_in_training(serve):
    model, rows = MODELS["heart"]()
    record = {**records_of(rows)[1], "chol": None, "thal": None}
    own = model.predict_proba(patients().iloc[[1]].assign(chol=np.nan, thal=np.array([np.nan], dtype=object)))
    np.testing.assert_allclose(serve(model=model).ok(record)["probabilities"], own, rtol=1e-12)


def test_none_in_training_is_none_again(serve):
    model, rows = MODELS["none_is_a_category"]()
    own = model.predict_proba(rows[rows.thal.isna()].iloc[:1])
    record = {"cp": rows[rows.thal.isna()].cp.iloc[0], "thal": None}
    np.testing.assert_allclose(serve(model=model).ok(record)["probabilities"], own, rtol=1e-12)


def test_a_row_by_itself_and_rows_in_a_split(serve):
    model, rows = MODELS["digits"]()
    client = serve(model=model)
    one = client.ok(rows[0].tolist())
    assert one == client.ok([rows[0].tolist()]) == client.ok({"dataframe_split": {"data": [rows[0].tolist()]}})
    assert len(client.ok(rows.tolist())["predictions"]) == len(rows)


class OfOnesOwn:
    """Tells nothing of its columns, and takes a table or rows of numbers."""

    def predict(self, X):
        values = np.asarray(X, dtype="float64")
        return [[type(X).__name__, row] for row in np.nansum(values, axis=1).tolist()]


@pytest.mark.parametrize("pandas_is_there,kind", [(True, "DataFrame"), (False, "ndarray")])
def test_a_split_for_a_class_of_ones_own_is_a_table_or_rows(serve, monkeypatch, pandas_is_there, kind):
    client = serve(model=OfOnesOwn())
    if not pandas_is_there:
        monkeypatch.setitem(sys.modules, "pandas", None)
    body = {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, None]]}}
    told = client.ok(body)["predictions"]
    monkeypatch.syspath_prepend(str(TOOLS))
    table = importlib.import_module("mlfn_baseline.table").table
    assert told == [[kind, 3.0], [kind, 3.0]] == OfOnesOwn().predict(table(OfOnesOwn(), body))


def test_columns_may_be_named_as_body_shapes_are(serve):
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame({"instances": [1.0, 2.0, 4.0], "dataframe_split": [0.0, 1.0, 0.0], "data": [3.0, 1.0, 2.0]})
    client = serve(model=LinearRegression().fit(frame, [1.0, 2.0, 3.0]))
    records = records_of(frame)
    together = client.ok(records)
    assert client.ok({"instances": records}) == together
    assert client.ok({"instances": records, "signature_name": "x"}) == together
    assert client.ok({"dataframe_split": json.loads(frame.to_json(orient="split"))}) == together
    for index, record in enumerate(records):
        same(client.ok(record), together, index)
    assert [each["field"] for each in client.wrong({"instances": 1})["errors"]] == ["dataframe_split", "data"]
    single = serve(model=LinearRegression().fit(frame[["instances"]], [1.0, 2.0, 3.0]))
    assert single.ok({"instances": 2}) == single.ok({"instances": [{"instances": 2}]})


def test_keys_of_a_mapping_may_be_named_as_body_shapes_are(serve):
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    rows = [{"instances": 1, "x": 2}, {"dataframe_split": "b"}, {"instances": 3}]
    client = serve(model=make_pipeline(DictVectorizer(), LinearRegression()).fit(rows, [1.0, 2.0, 3.0]))
    together = client.ok({"instances": rows})
    for index, row in enumerate(rows):
        same(client.ok(row), together, index)


def test_a_dropped_column_may_be_left_out_or_hold_anything(serve):
    model, _ = MODELS["the_rest_is_dropped"]()
    client = serve(model=model)
    assert client.ok({"age": 70}) == client.ok({"age": 70, "cp": 5, "thal": [1], "chol": "x"})


def test_unknown_columns_are_grouped_by_what_they_hold(serve):
    code = {"shout.py": "def shout(frame):\n    return frame.assign(n=frame.n.map(lambda v: len(str(v)))).to_numpy(float)\n"}
    import sys
    import types

    module = types.ModuleType("shout")
    exec(code["shout.py"], module.__dict__)
    sys.modules["shout"] = module
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    frame = pd.DataFrame({"n": ["a", "bb", "ccc"]})
    model = make_pipeline(FunctionTransformer(module.shout), LinearRegression()).fit(frame, [1.0, 2.0, 3.0])
    client = serve(model=model, code=code)
    rows = [{"n": "aaaa"}, {"n": 12.5}, {"n": True}, {"n": "x"}, {"n": None}]
    together = client.ok(rows)["predictions"]
    assert together == [client.ok(row)["predictions"][0] for row in rows]
    np.testing.assert_allclose(together, [4, 4, 4, 1, 3], rtol=1e-9)
    del sys.modules["shout"]
