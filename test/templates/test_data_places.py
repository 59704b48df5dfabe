"""Which objects may be named: by normalised keys below the configured places, and by no trick around them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlfn_serve.data.places import Places
from mlfn_serve.data.references import Reference
from mlfn_serve.problems import Problem

PLACES = Places({"read": ["s3://lab/validation/", "s3://lab/one.csv", "gs://whole/"], "write": "s3://lab/out/"})
# Pieces that keys and attacks on them are made of.
pieces = st.sampled_from(
    ["validation", "validation-secret", "secret", "one.csv", "..", ".", "", "a b", "ä", "%2e%2e", "x.csv", "\\", "\x00"]
)


def readable(**body):
    return PLACES.readable(Reference(body))


def refused(**body):
    with pytest.raises(Problem) as told:
        readable(**body)
    return told.value.status


@pytest.mark.parametrize(
    "uri",
    [
        "s3://lab/validation/a.csv",
        "s3://lab/validation/deep/er/a b.csv",
        "s3://lab/one.csv",
        "gs://whole/any/thing",
        "s3://lab/validation/50%25.csv",
    ],
)
def test_what_is_below_a_place_may_be_read(uri):
    assert str(readable(data=uri)) == uri
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    assert str(readable(bucket=bucket, key=key)) == uri
    assert scheme == readable(bucket=bucket, key=key).scheme


@pytest.mark.parametrize(
    "uri",
    [
        "s3://lab/validation-secret/a.csv",
        "s3://lab/validation",
        "s3://lab/secret.csv",
        "s3://lab/one.csv.bak",
        "s3://lab/out/answer.jsonl",
        "s3://other/validation/a.csv",
        "gs://lab/validation/a.csv",
        "s3://LAB/validation/a.csv",
        "file:///etc/passwd",
    ],
)
def test_what_is_elsewhere_is_forbidden(uri):
    assert refused(data=uri) == 403


@pytest.mark.parametrize(
    "uri",
    [
        "s3://lab/validation/../secret.csv",
        "s3://lab/validation//a.csv",
        "s3://lab/validation/./a.csv",
        "s3://lab//validation/a.csv",
        "s3://lab/validation\\..\\a",
        "s3://lab/validation/a\nb",
        "s3://lab/validation/" + "k" * 1100,
        "s3://lab/validation/\ud800",
        "s3://lab",
        "lab/validation/a.csv",
        "http://lab/validation/a.csv",
        "file:///data/../etc/passwd",
        "",
    ],
)
def test_what_means_more_than_one_thing_is_no_reference(uri):
    assert refused(data=uri) == 422


@given(st.lists(pieces, min_size=1, max_size=5))
def test_no_key_gets_around_the_places(parts):
    key = "/".join(parts)
    try:
        place = readable(bucket="lab", key=key)
    except Problem as problem:
        assert problem.status in (403, 422)
        return
    # Read as a path, it still is where it says.
    assert os.path.normpath(place.key) == place.key
    assert place.key == "one.csv" or place.key.startswith(("validation/", "one.csv/"))


def test_an_answer_has_the_name_of_what_it_depends_on():
    place = readable(data="s3://lab/validation/My rows.2.csv")
    name = str(PLACES.output(place, ("tag", None, 3)))
    assert name.startswith("s3://lab/out/My_rows-") and name.endswith(".jsonl")
    assert name == str(PLACES.output(place, ("tag", None, 3)))
    assert name != str(PLACES.output(place, ("tag2", None, 3)))
    assert name != str(PLACES.output(readable(data="s3://lab/validation/deep/My rows.2.csv"), ("tag", None, 3)))
    assert Places({"read": ["s3://lab/"]}).output(place, ()) is None


def test_a_folder_stands_for_a_bucket(tmp_path):
    places = Places({"read": ["s3://lab/validation/"], "folders": {"lab": tmp_path.as_uri()}})
    place = places.readable(Reference({"bucket": "lab", "key": "validation/a/b.csv"}))
    assert place.path == str(tmp_path / "validation" / "a" / "b.csv")
    assert place.root == str(tmp_path / "validation")
