"""Pipelines through the whole way: export, file, evaluator, proof."""

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {"age": RNG.normal(50, 9, 120), "sex": RNG.integers(0, 2, 120), "city": RNG.choice(["Bern", "Köln", "Oslo"], 120)}
)
LABELS = (FRAME.age + 9 * FRAME.sex + RNG.normal(0, 5, 120) > 55).map({True: "ill", False: "well"})


def pipeline(**how):
    columns = ColumnTransformer(
        [("scale", StandardScaler(), ["age"]), ("code", OneHotEncoder(**how), ["sex", "city"])], remainder="passthrough"
    )
    return make_pipeline(columns, LogisticRegression()).fit(FRAME, LABELS)


@pytest.mark.parametrize("how", [{}, {"handle_unknown": "ignore"}, {"drop": "first"}])
def test_a_pipeline_of_columns_answers_and_refuses_as_the_model_does(how):
    told = proof(pipeline(**how), [{"age": 63, "sex": 1, "city": "Oslo"}])
    assert told["probes"] > 200
    assert 0 < told["refused"] < told["probes"] / 2
    assert told["largestDifference"] < 1e-12


def test_a_wrong_weight_is_found():
    from mlfn_compile.probes import probes
    from mlfn_compile.prove import prove
    from mlfn_compile.unsupported import Unsupported

    native, model = compiled(pipeline())
    native.estimator.steps[-1][1].coef_[0, 2] += 1e-9
    with pytest.raises(Unsupported, match="the plain form answers .* and the model"):
        prove(native, model, probes(native.schema, []))


def test_what_has_no_plain_form_says_so():
    from mlfn_compile.unsupported import Unsupported

    with pytest.raises(Unsupported, match="KNeighborsClassifier has no plain form"):
        compiled(KNeighborsClassifier().fit(FRAME[["age", "sex"]], LABELS))


def test_a_class_of_the_users_own_has_none_whatever_it_is_called():
    from mlfn_compile.unsupported import Unsupported

    class LogisticRegression2(LogisticRegression):
        pass

    LogisticRegression2.__name__ = "LogisticRegression"
    with pytest.raises(Unsupported):
        compiled(LogisticRegression2().fit(FRAME[["age", "sex"]], LABELS))
