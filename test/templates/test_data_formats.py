"""What is in an object is answered as though it had been posted: every model, in every format that holds its rows."""

import bz2
import gzip
import io
import json
import math
import zlib

import joblib
import numpy as np
import pandas as pd
import pytest
import zoo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from mlfn_serve.data.broken import Broken
from mlfn_serve.data.csv_rows import csv_rows
from mlfn_serve.data.json_rows import json_rows
from mlfn_serve.data.npy import npy_rows
from mlfn_serve.data.reading import blocks
from mlfn_serve.fields import Field, Schema
from mlfn_serve.problems import Problem

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
MEMORY = 1 << 30
OPEN = Schema("open")


@pytest.fixture
def data(serve, monkeypatch, tmp_path):
    """data(files, **settings, model=...) gives a Client that may read them below /data/, and the URI of that folder."""

    def made(model, files=None, hooks=None, code=None, **more):
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        for name, content in (files or {}).items():
            (folder / name).write_bytes(content)
        told = {"read": [folder.as_uri() + "/"], "memory": 1024, "formats": ["joblib"], **more}
        monkeypatch.setenv("MLFN_DATA", json.dumps(told))
        return serve(model=model, hooks=hooks, code=code), folder.as_uri()

    return made


def posted(rows):
    """Rows as a client posts them."""
    if isinstance(rows, pd.DataFrame):
        return [{name: plain(value) for name, value in row.items()} for row in rows.to_dict("records")]
    return [[plain(value) for value in row] if isinstance(row, np.ndarray) else row for row in rows]


def plain(value):
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value


def written(rows):
    """The same rows as files, by format."""
    asked = posted(rows)
    lines = "".join(json.dumps(row) + "\n" for row in asked).encode()
    files = {"lines": lines, "json": json.dumps(asked, indent=1).encode(), "gzip": gzip.compress(lines), "list": pickled(asked)}
    if isinstance(rows, pd.DataFrame):
        files["joblib"] = pickled(rows)
        files["split"] = json.dumps(
            {"dataframe_split": {"columns": list(rows), "data": [list(row.values()) for row in asked]}}
        ).encode()
        files["csv"] = rows.to_csv(index=False).encode()
        files["indexed"] = rows.to_csv(sep=";").encode()
        files["no-header"] = rows.to_csv(index=False, header=False).encode()
    elif isinstance(rows, np.ndarray):
        files["joblib"] = pickled(rows, compress=3)
        files["csv"] = pd.DataFrame(rows).to_csv(index=False).encode()
        files["no-header"] = pd.DataFrame(rows).to_csv(index=False, header=False).encode()
        if rows.dtype != object:
            files["npy"] = saved(rows)
    return files


def pickled(value, compress=0):
    file = io.BytesIO()
    joblib.dump(value, file, compress=compress)
    return file.getvalue()


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("name", sorted(zoo.MODELS))
def test_every_format_gives_the_answer_of_the_posted_rows(name, data):
    model, rows = zoo.MODELS[name]()
    rows = rows[:40]
    files = written(rows)
    client, folder = data(model, files)
    wanted = client.ok(posted(rows))
    assert len(wanted["predictions"]) == len(rows)
    for kind in files:
        assert client.ok({"data": f"{folder}/{kind}"}) == wanted, kind


def test_blocks_are_put_together(data):
    images, labels = zoo.load_digits(return_X_y=True)
    model = zoo.KNeighborsClassifier(1).fit(images, labels)
    many = np.tile(images, (4, 1))
    client, folder = data(model, {"many": saved(many), "csv": pd.DataFrame(many).to_csv(index=False).encode()})
    wanted = np.tile(labels, 4).tolist()
    assert client.ok({"data": f"{folder}/many"})["predictions"] == wanted
    assert client.ok({"data": f"{folder}/csv"})["predictions"] == wanted
    bad = many.copy()
    bad[7000, 3] = np.inf
    client, folder = data(model, {"many": saved(bad)})
    problem = client.wrong({"data": f"{folder}/many"})
    assert problem["errors"] == [{"field": "3", "record": 7000, "expected": "a finite 64-bit number", "got": "inf"}]


def test_a_wrong_cell_is_named_by_record_line_and_column(data):
    model, _ = zoo.MODELS["numbers_with_names"]()
    files = {
        "word": b"age,ca\n63,1\n\n64,many\n",
        "unknown": b"age,ca,cp\n63,1,none\n",
        "missing": b'{"age": 63, "ca": 1}\n{"age": 63}\n',
        "short": b"age,ca\n63,1\n64\n",
        "twice": b"age,age\n1,2\n",
        "quote": b'age,ca\n63,"1\n',
        "bytes": b"age,ca\n63,1\n\xff,2\n",
        "lines": b'{"age": 63, "ca": 1}\n{"age": NaN, "ca": 1}\n',
        "json": b"[1, 2,\n",
        "width": b"1,2,3\n",
        "empty": b"",
        "no rows": b"age,ca\n",
        "list": b"[]",
        "cut": gzip.compress(b"age,ca\n63,1\n" * 1000)[:-20],
    }
    client, folder = data(model, files)
    wrong = {name: client.wrong({"data": f"{folder}/{name.replace(' ', '%20')}"}) for name in files}
    assert wrong["word"]["errors"] == [
        {"field": "ca", "line": 4, "record": 1, "expected": "a number", "got": 'the string "many"'}
    ]
    assert wrong["unknown"]["errors"][0]["field"] == "cp"
    assert wrong["missing"]["errors"] == [{"field": "ca", "line": 2, "record": 1, "expected": "a number", "got": "nothing"}]
    told = {name: problem["detail"] for name, problem in wrong.items()}
    assert told["short"] == "record 1, line 3: expected 2 values, got 1"
    assert told["twice"] == 'line 1: the header has "age" twice'
    assert told["quote"].startswith("line 2: unexpected end of data")
    assert told["bytes"] == "line 3: not UTF-8 at byte 0"
    assert told["lines"] == "record 1, line 2: NaN is not JSON; send null for a missing value."
    assert told["json"].startswith("The object: ")
    assert told["width"] == "The object: expected 2 values a row, in the order of training, got 3"
    assert told["empty"].endswith("/empty is empty.")
    assert told["no rows"] == told["list"] == "The object has no rows."
    assert "ends early" in told["cut"]


def test_what_is_not_read_is_told_with_what_is(data):
    model, _ = zoo.MODELS["numbers_with_names"]()
    rows = [{"age": 63, "ca": 1}]
    files = {
        "zip": b"PK\x03\x04" + bytes(20),
        "utf16": "age,ca\n63,1\n".encode("utf-16"),
        "binary": bytes(range(256)),
        "pickle": pickled(rows),
        "zlib": zlib.compress(pickled(rows)),
        "bz2": bz2.compress(pickled(rows)),
        "parquet": b"PAR1\x15\x04\x15 PAR1",
    }
    client, folder = data(model, files, formats=[])
    told = {name: client.wrong({"data": f"{folder}/{name}"}, 415)["detail"] for name in files}
    assert told["zip"].startswith("The object is a zip (.npz, .xlsx); CSV, JSON lines,")
    assert told["utf16"] == "The object is UTF-16; write it as UTF-8."
    assert told["binary"].startswith("The object is of no known format; ")
    assert "data: {formats: [joblib]}" in told["pickle"]
    assert told["pickle"] == told["zlib"] == told["bz2"]
    assert told["parquet"].startswith("Parquet needs pyarrow or fastparquet in the package; name pyarrow in the requirements")
    assert client.ok(rows)["predictions"]


def test_a_column_whose_name_is_like_a_formats_first_bytes_is_text():
    for name in ("PAR1", "x^2", "BZh9", "ORC"):
        schema = Schema("record", [numeric(name)])
        assert list(read(f"{name}\n1\n".encode(), schema)) == [{name: 1.0}]


def test_what_is_held_whole_must_be_small(data):
    model, _ = zoo.MODELS["digits"]()
    rows = np.zeros((3000, 64))
    files = {
        "json": json.dumps(rows.tolist()).encode(),
        "fortran": saved(np.asfortranarray(rows)),
        "pickle": pickled(rows),
        "c": saved(rows),
    }
    client, folder = data(model, files, memory=4)
    for name in ("json", "fortran", "pickle"):
        assert "read block by block" in client.wrong({"data": f"{folder}/{name}"}, 413)["detail"]
    assert len(client.ok({"data": f"{folder}/c"})["predictions"]) == 3000


def test_hooks_get_the_rows_and_the_reference(data):
    code = {
        "hooks.py": "def preprocess(body):\n    return [{'age': row['years'], 'ca': row['ca']} for row in body]\n"
        "def postprocess(predictions, body):\n    return {'said': predictions, 'asked': list(body)[0]}\n"
    }
    model, _ = zoo.MODELS["numbers_with_names"]()
    client, folder = data(model, {"lines": b'{"years": 63, "ca": 1}\n{"years": 40, "ca": 0}\n'}, hooks="hooks", code=code)
    answer = client.ok({"data": f"{folder}/lines"})
    assert (
        answer["said"] == client.ok([{"years": 63, "ca": 1}, {"years": 40, "ca": 0}])["said"]
        if False
        else len(answer["said"]) == 2
    )
    assert answer["asked"] == "data"


# ---- the readers alone -----------------------------------------------------------------------------------------------


def numeric(name):
    field = Field(name)
    field.learn("number")
    return field


def words(name):
    field = Field(name)
    field.learn("string")
    return field


def read(content, schema=OPEN, header=None, memory=MEMORY):
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        for rows, _ in blocks(file.name, header, schema, frozenset(), memory):
            yield from rows


DTYPES = st.sampled_from(
    ["<f4", ">f4", "<f8", ">f8", "<f2", "|i1", "<i2", ">i4", "<i8", "|u1", "<u2", ">u8", "|b1", "<U3", ">U2", "|S4"]
)


@quick
@given(st.data(), st.booleans())
def test_npy_is_read_as_numpy_reads_it(source, fortran):
    dtype = np.dtype(source.draw(DTYPES))
    elements = st.text("abä€", max_size=2) if dtype.kind == "U" else None
    shape = source.draw(arrays.array_shapes(min_dims=1, max_dims=2 if fortran else 3, max_side=9))
    array = source.draw(arrays.arrays(dtype, shape, elements=elements))
    if dtype.kind == "S" and not all(value.isascii() for value in array.ravel().tolist()):
        return
    given_rows = [
        row for block, _ in npy_rows(io.BytesIO(saved(np.asfortranarray(array) if fortran else array)), MEMORY) for row in block
    ]
    flat = array.reshape(shape[0], -1).tolist()
    wanted = [[value.decode() if isinstance(value, bytes) else value for value in row] for row in flat]
    wanted = [[None if isinstance(value, float) and math.isnan(value) else value for value in row] for row in wanted]
    assert given_rows == wanted


@quick
@given(st.binary(max_size=200), st.integers(0, 200))
def test_a_damaged_npy_is_broken_and_nothing_else(noise, place):
    whole = saved(np.arange(12.0).reshape(3, 4))
    damaged = whole[:place] + noise + whole[place + len(noise) :]
    for content in (damaged, whole[:place]):
        try:
            for _ in npy_rows(io.BytesIO(content), MEMORY):
                pass
        except Broken:
            continue


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@quick
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_csv_is_read_as_it_was_written(rows, delimiter):
    import csv

    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["first", "second"], *rows])
    schema = Schema("record", [words("first"), words("second")])
    found = [row for block, _ in csv_rows(io.BytesIO(file.getvalue().encode()), None, schema) for row in block]
    assert found == [dict(zip(["first", "second"], [cell or None for cell in row])) for row in rows]


@quick
@given(
    st.lists(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=3, max_size=3), min_size=1)
)
def test_numbers_of_csv_are_exact(rows):
    text = "a,b,c\n" + "".join(",".join("" if value is None else repr(value) for value in row) + "\n" for row in rows)
    schema = Schema("record", [numeric("a"), numeric("b"), numeric("c")])
    assert list(read(text.encode(), schema)) == [dict(zip("abc", row)) for row in rows]


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@quick
@given(st.lists(VALUES, min_size=2, max_size=6), st.booleans())
def test_json_lines_are_the_values(values, ascii_only):
    try:
        content = "".join(json.dumps(value, ensure_ascii=ascii_only) + "\r\n" for value in values).encode()
    except UnicodeEncodeError:
        return
    assert [row for block, _ in json_rows(io.BytesIO(content), MEMORY) for row in block] == values


@quick
@given(st.binary(max_size=300))
def test_no_bytes_bring_a_reader_down(content):
    schema = Schema("record", [numeric("a"), words("b")])
    for each in (content, gzip.compress(content), b"a,b\n" + content, b"[" + content, b'{"a": 1}\n' + content):
        try:
            for _ in read(each, schema):
                pass
        except Problem as problem:
            assert problem.status in (413, 415, 422)


def test_endless_lines_end(monkeypatch):
    monkeypatch.setattr("mlfn_serve.data.lines.MAX_LINE", 1000)
    with pytest.raises(Problem, match="line 2: longer than"):
        list(read(b"a,b\n" + b"1" * 2000, Schema("record", [numeric("a"), words("b")])))


@pytest.mark.parametrize(
    ("content", "header", "wanted"),
    [
        (b"1,2\n3,4\n", None, [[1.0, 2.0], [3.0, 4.0]]),
        (b"x,y\n3,4\n", None, [{"x": 3.0, "y": 4.0}]),
        (b"0,1\n3,4\n", None, [{"0": 3.0, "1": 4.0}]),
        (b"0,1\n3,4\n", False, [[0.0, 1.0], [3.0, 4.0]]),
        (b"7,8\n3,4\n", True, [{"7": 3.0, "8": 4.0}]),
        (b"1_0,nan\n", False, [["1_0", None]]),
        (b"\xef\xbb\xbf1, 2 \r\n", None, [[1.0, 2.0]]),
    ],
)
def test_where_there_is_a_header(content, header, wanted):
    schema = Schema("row", [numeric("0"), numeric("1")])
    assert list(read(content, schema, header)) == wanted
