"""JSON in and out: strict one way, exact the other."""

import datetime
import decimal
import json
import math
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlfn_serve.jsontext import Unserialisable, dumps, loads
from mlfn_serve.problems import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_what_is_written_is_read_again(value):
    assert loads(dumps(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_exact(number):
    for like in (number, np.float64(number), np.array([number])[0], np.array(number)):
        assert json.loads(dumps(like)) == number


@given(st.text())
def test_any_text_can_be_sent(text):
    dumps([text]).encode()


@given(st.text(max_size=60))
def test_reading_gives_a_value_or_a_problem(text):
    try:
        value = loads(text)
    except Problem as problem:
        assert problem.status == 400
    else:
        assert value == json.loads(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(3), "3"),
        (np.bool_(True), "true"),
        (np.float32(0.1), "0.10000000149011612"),
        (np.str_("é"), '"é"'),
        (np.array([[1, 2]]), "[[1, 2]]"),
        (float("nan"), "null"),
        ([math.inf, -math.inf], "[null, null]"),
        (np.array([np.nan, 1.0]), "[null, 1.0]"),
        (pd.NA, "null"),
        (pd.NaT, "null"),
        (pd.Series([1, 2]), "[1, 2]"),
        (pd.DataFrame({"a": [1]}), '[{"a": 1}]'),
        (np.datetime64("NaT"), "null"),
        (np.array([["2026-01-02", "NaT"]], dtype="M8[D]"), '[["2026-01-02", null]]'),
        (np.longdouble(1.5), "1.5"),
        (np.longdouble("nan"), "null"),
        (np.array([1.5], dtype=np.longdouble), "[1.5]"),
        (np.uint64(2**63 + 1), "9223372036854775809"),
        (np.float16("inf"), "null"),
        (-0.0, "-0.0"),
        (np.datetime64("2026-01-02"), '"2026-01-02"'),
        (np.array(["2026-01-02"], dtype="M8[D]"), '["2026-01-02"]'),
        (datetime.datetime(2026, 1, 2, 3), '"2026-01-02T03:00:00"'),
        (datetime.date(2026, 1, 2), '"2026-01-02"'),
        (decimal.Decimal("1.50"), "1.5"),
        (decimal.Decimal("2"), "2"),
        (decimal.Decimal("NaN"), "null"),
        (b"abc", '"abc"'),
        (b"\xff\x00", '"/wA="'),
        ({1.5: "a", None: "b", True: "c", np.int64(2): "d"}, '{"1.5": "a", "null": "b", "true": "c", "2": "d"}'),
        ((1, 2), "[1, 2]"),
        ({"b", "a"}, '["a", "b"]'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ("\ud800", '"\\ud800"'),
    ],
)
def test_values_of_other_libraries(value, text):
    assert dumps(value) == text


def test_what_has_no_json_is_named_with_its_place():
    with pytest.raises(Unserialisable, match=r"builtins.object at /a/1"):
        dumps({"a": [1, object()]})
    loop = []
    loop.append(loop)
    with pytest.raises(Unserialisable, match="contains itself"):
        dumps(loop)
