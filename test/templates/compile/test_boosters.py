"""XGBoost and LightGBM."""

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4))
X[:, 3] = RNG.integers(0, 12, 200)
HOLES = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
HOLES[RNG.random(X.shape) < 0.1] = 0
YES = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.where(X[:, 0] > 0.5, 2, YES)
NUMBERS = abs(3 * X[:, 0] + X[:, 3] % 5) + 0.1
ROWS = [[None if value != value else value for value in row] for row in HOLES.tolist()]
EDGES = [
    [edge, 0.0, -1e-35, edge] for edge in (0.0, -0.0, 1e-35, 2e-35, 1e-46, 1e300, -1e300, -0.5, 2.5, 16777217.0, 1e12, None, True)
]


def exact(estimator, *fit, **how):
    native, model = compiled(estimator.fit(*fit, **how))
    bodies = [ROWS, *EDGES, [*EDGES[0][:3], "a"]]
    if native.schema.shape == "record":  # LightGBM gives names to columns that have none
        names = list(native.schema.by_name)
        bodies = [[dict(zip(names, row)) for row in ROWS], *(dict(zip(names, row)) for row in bodies[1:])]
    told = prove(native, model, bodies)
    assert told["refused"] == 1
    assert told["largestDifference"] == 0


def xgb(name, **how):
    import xgboost

    return getattr(xgboost, name)(n_estimators=12, max_depth=4, n_jobs=1, **how)


def lgb(name, **how):
    import lightgbm

    return getattr(lightgbm, name)(n_estimators=12, min_child_samples=5, min_data_per_group=5, verbose=-1, n_jobs=1, **how)


def test_xgboost_classifiers():
    exact(xgb("XGBClassifier"), HOLES, YES)
    exact(xgb("XGBClassifier"), HOLES, THREE)
    exact(xgb("XGBRFClassifier"), HOLES, YES)
    exact(xgb("XGBRFClassifier"), HOLES, THREE)
    exact(xgb("XGBClassifier", grow_policy="lossguide", max_leaves=9), HOLES, YES)


def test_a_value_may_stand_for_missing_in_xgboost():
    exact(xgb("XGBClassifier", missing=0.0), HOLES, YES)
    exact(xgb("XGBClassifier", missing=-0.5), HOLES, YES)


@pytest.mark.parametrize(
    "objective", ["reg:squarederror", "count:poisson", "reg:gamma", "reg:tweedie", "reg:absoluteerror", "reg:logistic"]
)
def test_xgboost_regressors(objective):
    exact(xgb("XGBRegressor", objective=objective), HOLES, NUMBERS / NUMBERS.max())


def test_xgboost_of_several_numbers_and_of_forests():
    exact(xgb("XGBRegressor"), HOLES, np.c_[NUMBERS, X[:, 1]])
    exact(xgb("XGBRFRegressor"), HOLES, NUMBERS)


def test_xgboost_stops_where_it_was_best():
    for labels, how in ((YES, {}), (THREE, {"num_parallel_tree": 2})):
        made = xgb("XGBClassifier", early_stopping_rounds=2, learning_rate=0.9, **how)
        exact(made, HOLES, labels, eval_set=[(X[:80], RNG.integers(0, labels.max() + 1, 80))], verbose=False)


def test_xgboost_categories():
    places = {"feature_types": ["q", "q", "q", "c"], "enable_categorical": True, "max_cat_to_onehot": 1}
    exact(xgb("XGBClassifier", **places), X, (X[:, 3] % 3 == 0).astype(int) ^ YES)
    table, labels = frame()
    for how in ({}, {"max_cat_to_onehot": 1}):
        told = proof(xgb("XGBClassifier", enable_categorical=True, **how).fit(table, labels))
        assert told["largestDifference"] == 0
        assert told["probes"] > 500


def test_what_xgboost_cannot_be_has_no_plain_form():
    with pytest.raises(Unsupported, match="booster gblinear"):
        compiled(xgb("XGBRegressor", booster="gblinear").fit(X, NUMBERS))
    with pytest.raises(Unsupported, match="trees of several outputs"):
        compiled(xgb("XGBRegressor", multi_strategy="multi_output_tree").fit(X, np.c_[NUMBERS, YES]))
    with pytest.raises(Unsupported, match="adds up the trees of DART"):
        compiled(xgb("XGBClassifier", booster="dart", rate_drop=0.5).fit(HOLES, YES))
    with pytest.raises(Unsupported, match="binary:hinge"):
        compiled(xgb("XGBClassifier", objective="binary:hinge").fit(X, YES))


def test_lightgbm_classifiers():
    exact(lgb("LGBMClassifier"), HOLES, YES)
    exact(lgb("LGBMClassifier", sigmoid=2.0), HOLES, np.array(["no", "yes"])[YES])
    exact(lgb("LGBMClassifier"), HOLES, np.array(list("abc"))[THREE])
    exact(lgb("LGBMClassifier", objective="multiclassova"), HOLES, THREE)
    exact(lgb("LGBMClassifier", boosting_type="rf", bagging_freq=1, bagging_fraction=0.6), HOLES, YES)
    exact(lgb("LGBMClassifier", min_split_gain=1e9), HOLES, YES)


def test_what_is_missing_to_lightgbm():
    exact(lgb("LGBMClassifier", zero_as_missing=True), HOLES, YES)
    exact(lgb("LGBMClassifier", use_missing=False), HOLES, YES)
    tiny = [
        -1e-34,
        -1.0000000180025096e-35,
        -1.0000000180025095e-35,
        -5e-324,
        5e-324,
        1.0000000180025095e-35,
        1.0000000180025097e-35,
    ]
    native, model = compiled(lgb("LGBMClassifier").fit(np.sign(X), YES))
    asked = [dict.fromkeys(native.schema.by_name, value) for value in tiny]
    assert prove(native, model, asked)["refused"] == 0
    exact(lgb("LGBMClassifier"), X, YES)


@pytest.mark.parametrize(
    "objective", ["regression", "regression_l1", "huber", "poisson", "gamma", "cross_entropy", "cross_entropy_lambda"]
)
def test_lightgbm_regressors(objective):
    exact(lgb("LGBMRegressor", objective=objective), HOLES, NUMBERS / NUMBERS.max())


def test_lightgbm_of_roots_and_darts():
    exact(lgb("LGBMRegressor", reg_sqrt=True), HOLES, NUMBERS - 3)
    exact(lgb("LGBMRegressor", boosting_type="dart"), HOLES, NUMBERS)


def test_lightgbm_categories():
    exact(lgb("LGBMClassifier"), X, (X[:, 3] % 3 == 0).astype(int) ^ YES, categorical_feature=[3])
    table, labels = frame()
    told = proof(lgb("LGBMClassifier").fit(table, labels))
    assert told["largestDifference"] == 0
    assert told["probes"] > 500


def test_what_lightgbm_cannot_be_has_no_plain_form():
    with pytest.raises(Unsupported, match="linear trees"):
        compiled(lgb("LGBMRegressor", linear_tree=True).fit(X, NUMBERS))
    with pytest.raises(Unsupported, match="objective of the user's own"):
        compiled(lgb("LGBMRegressor", objective=lambda y, f: (f - y, np.ones_like(y))).fit(X, NUMBERS))


def frame():
    table = pd.DataFrame(HOLES, columns=list("abcd"))
    table["city"] = pd.Categorical(RNG.choice(list("xyzuvw"), 200))
    table.loc[3:20, "city"] = None
    return table, (table.city.isin(["x", "u"]) ^ (YES > 0)).astype(int)
