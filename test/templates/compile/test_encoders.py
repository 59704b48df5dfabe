"""Encoders of categories: texts, numbers, booleans, missing and unknown ones."""

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from mlfn_compile.unsupported import Unsupported
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

RNG = np.random.default_rng(0)
COUNT = 120
FRAME = pd.DataFrame(
    {
        "city": RNG.choice(["Bern", "Köln", "Oslo", "Rom", "x"], COUNT, p=[0.4, 0.3, 0.2, 0.06, 0.04]),
        "grade": RNG.choice([1.5, 2.5, 3.5], COUNT),
        "ok": RNG.choice([True, False], COUNT),
        "sex": RNG.integers(0, 2, COUNT),
    }
)
LABELS = np.where(FRAME.grade + FRAME.sex + RNG.normal(0, 1, COUNT) > 3, "ill", "well")
HOLES = FRAME.copy()
HOLES.loc[::7, "city"] = np.nan
HOLES.loc[::11, "grade"] = np.nan
NONES = FRAME.copy()
NONES.loc[::7, "city"] = None

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("frame", [FRAME, HOLES, NONES], ids=["whole", "NaN", "None"])
@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_one_hot_encoders(frame, unknown):
    ways = [{}, {"drop": "first"}, {"drop": "if_binary"}, {"sparse_output": False, "dtype": int}, {"min_frequency": 10}]
    if unknown == "ignore":
        more = {"handle_unknown": "infrequent_if_exist", "max_categories": 3}
        ways = [{**way, "handle_unknown": "ignore"} for way in ways] + [more, {**more, "handle_unknown": "warn", "drop": "first"}]
    told = proof(make_union(*(OneHotEncoder(**way) for way in ways)).fit(frame))
    assert told["refused"] < told["probes"] / 2


@pytest.mark.parametrize("frame", [FRAME, HOLES, NONES], ids=["whole", "NaN", "None"])
def test_ordinal_and_target_encoders(frame):
    known = {"handle_unknown": "use_encoded_value"}
    ordinal = make_union(
        OrdinalEncoder(**known, unknown_value=-1),
        OrdinalEncoder(**known, unknown_value=np.nan, encoded_missing_value=-2),
        OrdinalEncoder(**known, unknown_value=99, min_frequency=10),
        OrdinalEncoder(**known, unknown_value=99, dtype=int, encoded_missing_value=-5),
    )
    proof(ordinal.fit(frame))
    proof(OrdinalEncoder().fit(frame))
    proof(TargetEncoder().fit(frame[["city", "grade"]], LABELS))
    proof(TargetEncoder().fit(frame[["city", "sex"]], np.where(FRAME.grade > 3, "c", LABELS)))


def test_rows_of_mixed_kinds():
    encoder = OneHotEncoder(handle_unknown="ignore")
    told = proof(make_pipeline(encoder, LogisticRegression()).fit(HOLES[["city", "grade", "sex"]].to_numpy(), LABELS))
    assert told["largestDifference"] < 1e-12


@pytest.mark.parametrize(
    "frame, imputer",
    [
        (HOLES, SimpleImputer(strategy="most_frequent", add_indicator=True)),
        (HOLES, SimpleImputer(strategy="constant", fill_value="?", add_indicator=True)),
        (NONES, SimpleImputer(strategy="constant", fill_value="?", missing_values=None)),
        (HOLES, SimpleImputer(strategy="most_frequent", missing_values=pd.NA)),
        (FRAME, SimpleImputer(strategy="most_frequent", missing_values="x")),
    ],
    ids=["most_frequent", "constant", "None", "NA", "text"],
)
def test_imputed_texts(frame, imputer):
    proof(
        make_union(imputer, make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore", sparse_output=False))).fit(
            frame[["city"]]
        )
    )
    columns = ColumnTransformer([("c", make_pipeline(imputer, OrdinalEncoder()), ["city"])], remainder=StandardScaler())
    proof(make_pipeline(columns, LogisticRegression()).fit(frame[["sex", "city"]], LABELS))


def test_a_category_less_is_found():
    from mlfn_compile.probes import probes
    from mlfn_compile.prove import prove

    native, model = compiled(OneHotEncoder(handle_unknown="ignore").fit(FRAME[["city"]]))
    other = OneHotEncoder(handle_unknown="ignore", categories=[["Bern", "Köln", "Oslo", "Rom", "y"]]).fit(FRAME[["city"]])
    native.estimator = native.tail = other
    with pytest.raises(Unsupported, match="the plain form answers"):
        prove(native, model, probes(native.schema, []))


def test_a_category_that_json_cannot_tell_has_no_plain_form():
    days = pd.DataFrame({"day": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    with pytest.raises(Unsupported, match="a category is a"):
        compiled(make_pipeline(OneHotEncoder(), LogisticRegression()).fit(days, ["a", "b"]))
