"""Transformers of numbers: what each gives, value by value, and what stands behind it."""

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.feature_selection import (
    RFE,
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

RNG = np.random.default_rng(0)
WHOLE = RNG.normal(3, 2, (60, 3))
WHOLE[:, 2] = RNG.integers(0, 5, 60)
LABELS = (WHOLE[:, 0] + WHOLE[:, 1] > 6).astype(int)
ABOVE = np.abs(WHOLE) + 0.5
HOLES = WHOLE.copy()
HOLES[::7, 1] = np.nan
HOLES[::9, 2] = np.nan
EMPTY = HOLES.copy()
EMPTY[:, 0] = np.nan


def side_by_side(*transformers):
    return FeatureUnion([(str(number), each) for number, each in enumerate(transformers)])


UNIONS = {
    "scalers": side_by_side(
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler(),
        MinMaxScaler(clip=True, feature_range=(-1, 2)),
        MaxAbsScaler(),
        RobustScaler(),
        RobustScaler(with_centering=False, unit_variance=True),
        RobustScaler(with_scaling=False, quantile_range=(10, 90)),
    ),
    "rows": side_by_side(*map(Normalizer, ("l1", "l2", "max")), Binarizer(threshold=2.5)),
    "shapes": side_by_side(
        PowerTransformer(),
        PowerTransformer(standardize=False),
        QuantileTransformer(n_quantiles=20),
        QuantileTransformer(n_quantiles=60, output_distribution="normal"),
    ),
    "polynomials": side_by_side(
        PolynomialFeatures(),
        PolynomialFeatures(4, include_bias=False),
        PolynomialFeatures((2, 3)),
        PolynomialFeatures(3, interaction_only=True, order="F"),
        PolynomialFeatures((2, 2), interaction_only=True, include_bias=False),
        PolynomialFeatures(0),
    ),
    "splines": side_by_side(
        *(
            SplineTransformer(degree=degree, extrapolation=beyond, include_bias=degree < 3)
            for degree in (2, 3)
            for beyond in ("constant", "linear", "continue", "periodic")
        ),
        SplineTransformer(degree=1, knots="quantile"),
        SplineTransformer(sparse_output=True, n_knots=7),
    ),
    "bins": side_by_side(
        *(
            KBinsDiscretizer(4, encode=encode, strategy=strategy)
            for encode in ("onehot", "onehot-dense", "ordinal")
            for strategy in ("uniform", "quantile", "kmeans")
        )
    ),
    "choices": side_by_side(
        VarianceThreshold(3.0),
        SelectKBest(k=2),
        SelectPercentile(percentile=50),
        SelectFromModel(LogisticRegression()),
        RFE(LogisticRegression(), n_features_to_select=2),
    ),
    "projections": side_by_side(PCA(2), PCA(3, whiten=True), IncrementalPCA(2), TruncatedSVD(2)),
}
HOLED = {
    "scalers": side_by_side(StandardScaler(), MinMaxScaler(clip=True), MaxAbsScaler(), RobustScaler()),
    "shapes": side_by_side(
        PowerTransformer(), QuantileTransformer(n_quantiles=20), QuantileTransformer(output_distribution="normal")
    ),
    "imputers": side_by_side(
        *(
            SimpleImputer(strategy=strategy, add_indicator=indicator, keep_empty_features=keep)
            for strategy in ("mean", "median", "most_frequent", "constant")
            for indicator, keep in ((False, True), (True, False))
        ),
        SimpleImputer(strategy="constant", fill_value=7),
        MissingIndicator(features="all"),
    ),
}


@pytest.mark.parametrize("name", UNIONS)
@pytest.mark.filterwarnings("ignore")
def test_what_a_transformer_gives_is_the_same_value_by_value(name):
    told = proof(UNIONS[name].fit(WHOLE, LABELS))
    assert told["refused"] < told["probes"] / 4
    assert told["largestDifference"] < 1e-12


@pytest.mark.parametrize("name", HOLED)
@pytest.mark.filterwarnings("ignore")
def test_what_is_missing_stays_so_or_is_filled(name):
    told = proof(HOLED[name].fit(EMPTY if name == "imputers" else HOLES, LABELS), [[None, None, None], [1, None, 2.5]])
    assert told["refused"] < told["probes"] / 4


@pytest.mark.filterwarnings("ignore")
def test_positive_numbers_alone_and_functions_of_numpy():
    functions = (np.log1p, np.log, np.sqrt, np.exp, np.expm1, np.square, np.abs, np.sign, np.sin, np.tanh, np.rint, np.log10)
    proof(side_by_side(*map(FunctionTransformer, functions)).fit(ABOVE))
    told = proof(make_pipeline(PowerTransformer(method="box-cox"), PCA(2), Ridge()).fit(ABOVE, LABELS))
    assert told["refused"] > 10
    proof(make_pipeline(FunctionTransformer(np.log), StandardScaler(), LogisticRegression()).fit(ABOVE, LABELS))
    with pytest.raises(Unsupported, match=r"FunctionTransformer\(<lambda>\) has no plain form"):
        compiled(make_pipeline(FunctionTransformer(lambda x: x), StandardScaler(), Ridge()).fit(ABOVE, LABELS))


def test_a_value_beyond_the_knots_is_refused():
    told = proof(make_pipeline(SplineTransformer(extrapolation="error"), Ridge()).fit(WHOLE, LABELS), [WHOLE[0].tolist()])
    assert 10 < told["refused"] < told["probes"]
    with pytest.raises(Unsupported, match="degree=1"):
        compiled(SplineTransformer(degree=1, extrapolation="linear").fit(WHOLE))


def test_a_missing_value_where_none_was_in_training_is_refused():
    told = proof(make_pipeline(MissingIndicator(), LogisticRegression()).fit(HOLES, LABELS), [[None, 1, 2]])
    assert told["refused"] >= 1


@pytest.mark.filterwarnings("ignore")
def test_a_number_that_stands_for_what_is_missing():
    marked = np.where(np.isnan(HOLES), -1, HOLES)
    imputer = SimpleImputer(missing_values=-1, add_indicator=True)
    proof(make_pipeline(imputer, PolynomialFeatures(), RFE(LogisticRegression())).fit(marked, LABELS), [[-1, -1, 2]])


FRAME = pd.DataFrame(WHOLE, columns=["a", "b", "c"]).assign(city=RNG.choice(["Bern", "Oslo"], 60))


CHOSEN = {
    "names": ([("s", StandardScaler(), slice("a", "b")), ("p", "passthrough", ["c"])], "drop"),
    "positions": ([("s", StandardScaler(), [-2]), ("d", "drop", ["a"])], OneHotEncoder()),
    "mask": ([("s", StandardScaler(), [True, False, True, False])], "drop"),
    "function": ([("s", make_pipeline("passthrough", make_pipeline(MinMaxScaler())), lambda x: ["c", "a"])], "drop"),
    "union": ([("u", make_union(StandardScaler(), "passthrough"), ["a", "c"]), ("e", StandardScaler(), [])], "drop"),
    "rest": ([("s", StandardScaler(), slice(1, 3)), ("o", OneHotEncoder(), ["city"])], "passthrough"),
}


@pytest.mark.parametrize("how", CHOSEN)
@pytest.mark.filterwarnings("ignore")
def test_columns_are_found_however_they_were_named(how):
    transformers, remainder = CHOSEN[how]
    held = FRAME[["a", "c", "city"]] if how == "positions" else FRAME
    columns = ColumnTransformer(transformers, remainder=remainder, transformer_weights={"s": 0.3})
    told = proof(make_pipeline(columns, LogisticRegression()).fit(held, LABELS))
    assert told["largestDifference"] < 1e-12


def test_a_union_with_weights_and_parts_left_out():
    union = FeatureUnion([("a", StandardScaler()), ("b", "drop"), ("c", "passthrough")], transformer_weights={"a": 0.1})
    proof(union.fit(WHOLE))


def test_integers_are_floats_before_anything_is_made_of_them():
    native, model = compiled(make_pipeline(PolynomialFeatures(3), Ridge()).fit(WHOLE, LABELS))
    told = prove(native, model, [[10**200, 2, 3], [2**53 + 1, 2**53 + 1, 1]])
    assert told["refused"] == 1


def test_a_number_that_no_category_has_is_told_in_the_same_words():
    encoded = make_pipeline(FunctionTransformer(np.rint), OneHotEncoder(), Ridge()).fit(WHOLE[:, 2:], LABELS)
    assert prove(*compiled(encoded), [[7.2], [3.2], [-1e300]])["refused"] == 2


def test_thirty_two_bits_are_not_pretended():
    # What was fitted on 32 bits is asked in 64.
    scalers = make_union(MinMaxScaler(), StandardScaler(), SimpleImputer(), KBinsDiscretizer(3, encode="ordinal"), RobustScaler())
    proof(make_union(scalers, PCA(2, whiten=True), TruncatedSVD(2)).fit(WHOLE.astype("float32")))
    with pytest.raises(Unsupported, match="float32"):
        compiled(make_pipeline(PowerTransformer(), Ridge()).fit(WHOLE.astype("float32"), LABELS))
    with pytest.raises(Unsupported, match=r"OneHotEncoder\(dtype=float32\)"):
        compiled(OneHotEncoder(dtype=np.float32).fit(FRAME[["city"]]))


@pytest.mark.filterwarnings("ignore")
def test_an_evaluator_that_is_off_by_a_little_is_found():
    from mlfn_compile.probes import probes

    for transformer, name in (
        (MinMaxScaler(), "min_"),
        (PolynomialFeatures(), None),
        (PCA(2), "components_"),
        (KBinsDiscretizer(4, encode="ordinal"), None),
    ):
        native, model = compiled(make_pipeline(transformer, Ridge()).fit(WHOLE, LABELS))
        step = native.estimator.steps[0][1]
        if name:
            setattr(step, name, getattr(step, name) * (1 + 1e-9))
        elif hasattr(step, "bin_edges_"):
            step.bin_edges_[0][1] += 0.5
        else:
            native.estimator.steps[0] = ("p", PolynomialFeatures(interaction_only=True, degree=(0, 2)).fit(WHOLE))
            native.estimator.steps[-1][1].coef_ = native.estimator.steps[-1][1].coef_[:7]
            native.head = [native.estimator.steps[0][1]]
        with pytest.raises(Unsupported, match="the plain form answers"):
            prove(native, model, probes(native.schema, []))
