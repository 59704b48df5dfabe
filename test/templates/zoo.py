"""Fitted scikit-learn models of every kind that is served, each with the rows it was fitted on. Seeded."""

import functools

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import SVC

MODELS = {}


def model(make):
    """Registers a function that gives (fitted model, rows); fitted once."""
    MODELS[make.__name__] = functools.lru_cache(maxsize=None)(make)
    return MODELS[make.__name__]


def patients(count=200):
    """Every kind of column: numbers, numbers with holes, codes, yes or no, words, words with holes."""
    random = np.random.default_rng(11)
    data = pd.DataFrame(
        {
            "age": random.integers(29, 78, count),
            "chol": random.normal(240, 40, count),
            "ca": random.choice([0, 1, 2, 3], count),
            "exang": random.choice([True, False], count),
            "cp": random.choice(["typical", "atypical", "none"], count),
            "thal": random.choice(["normal", "fixed", "reversible"], count),
        }
    )
    data.loc[::7, "chol"] = np.nan
    data.loc[::9, "thal"] = np.nan
    return data


def sick(data):
    """What is to be predicted, as words."""
    return np.where(data.age + 15 * data.exang > 60, "disease", "none")


def columns():
    """The usual preparation."""
    return ColumnTransformer(
        [
            ("holes", Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())]), ["chol"]),
            ("numbers", MinMaxScaler(), ["age"]),
            ("codes", OneHotEncoder(handle_unknown="error"), ["ca", "exang", "cp"]),
            (
                "words",
                make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
                ["thal"],
            ),
        ]
    )


def fitted(estimator, data=None, target=None):
    """The estimator fitted on patients, and the rows."""
    data = patients() if data is None else data
    return estimator.fit(data, sick(patients()) if target is None else target), data


@model
def heart():
    return fitted(make_pipeline(columns(), LogisticRegression()))


@model
def numbers_with_names():
    return fitted(make_pipeline(StandardScaler(), LogisticRegression()), patients()[["age", "ca"]])


@model
def forest_with_names():
    return fitted(RandomForestClassifier(8, random_state=0, n_jobs=-1), patients()[["age", "ca", "exang"]].astype(float))


@model
def missing_is_a_category():
    data = patients()[["cp", "thal"]]
    return fitted(make_pipeline(OneHotEncoder(), LogisticRegression()), data)


@model
def none_is_a_category():
    data = patients()[["cp", "thal"]].astype(object).where(lambda values: values.notna(), None)
    return fitted(make_pipeline(OneHotEncoder(), LogisticRegression()), data)


@model
def none_among_numbers():
    ages = [None if index % 5 == 0 else float(age) for index, age in enumerate(patients().age)]
    data = pd.DataFrame({"age": ages, "ca": patients().ca}, dtype=object)
    fill = SimpleImputer(missing_values=None, strategy="most_frequent")
    return fitted(make_pipeline(fill, LogisticRegression()), data)


@model
def none_in_rows():
    rows = patients()[["cp", "thal"]].astype(object).where(lambda values: values.notna(), None)
    return fitted(make_pipeline(OneHotEncoder(), LogisticRegression()), rows.to_numpy())


@model
def minus_one_is_missing():
    data = patients()[["age", "ca"]].astype(float).replace(3, -1)
    return fitted(make_pipeline(SimpleImputer(missing_values=-1), LogisticRegression()), data)


@model
def yes_or_no_as_a_category():
    data = patients()[["cp", "exang"]].astype("category")
    return fitted(make_pipeline(OneHotEncoder(), LogisticRegression()), data)


@model
def unknown_is_encoded():
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    return fitted(make_pipeline(encoder, RandomForestClassifier(5, random_state=0)), patients()[["ca", "cp", "thal"]])


@model
def the_rest_passes_through():
    prepare = ColumnTransformer([("words", OneHotEncoder(), ["cp"])], remainder="passthrough")
    return fitted(make_pipeline(prepare, LogisticRegression(max_iter=2000)), patients()[["age", "cp", "ca"]])


@model
def the_rest_is_dropped():
    prepare = ColumnTransformer([("age", StandardScaler(), ["age"]), ("no", "drop", ["ca"])])
    return fitted(make_pipeline(prepare, LogisticRegression()), patients())


@model
def picked_by_type():
    number = make_pipeline(SimpleImputer(), StandardScaler())
    prepare = ColumnTransformer(
        [
            ("numbers", number, make_column_selector(dtype_include="number")),
            ("words", OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include=object)),
        ]
    )
    return fitted(make_pipeline(prepare, LogisticRegression()), patients().drop(columns="exang"))


@model
def picked_by_slice_and_mask():
    prepare = ColumnTransformer(
        [
            ("slice", StandardScaler(), slice("age", "ca")),
            ("mask", OneHotEncoder(), [False, False, False, False, True, False]),
        ]
    )
    data = patients()
    data["chol"] = data.chol.fillna(200.0)
    return fitted(make_pipeline(prepare, LogisticRegression()), data)


@model
def frames_inside():
    prepare = columns()
    prepare.set_params(words__onehotencoder__sparse_output=False, codes__sparse_output=False)
    return fitted(make_pipeline(prepare, LogisticRegression()).set_output(transform="pandas"))


@model
def union():
    both = FeatureUnion([("as_is", StandardScaler()), ("squares", PolynomialFeatures(2))])
    return fitted(make_pipeline(KNNImputer(), both, LogisticRegression(max_iter=5000)), patients()[["age", "chol"]])


@model
def searched():
    search = GridSearchCV(make_pipeline(columns(), LogisticRegression()), {"logisticregression__C": [0.1, 1]}, cv=2)
    return fitted(search)


@model
def voted():
    voters = [("a", make_pipeline(columns(), LogisticRegression())), ("b", make_pipeline(columns(), SVC(probability=True)))]
    return fitted(VotingClassifier(voters, voting="soft"))


@model
def stacked():
    layers = [("a", make_pipeline(columns(), LogisticRegression())), ("b", make_pipeline(columns(), SVC()))]
    return fitted(StackingClassifier(layers, cv=2))


@model
def calibrated():
    return fitted(CalibratedClassifierCV(make_pipeline(columns(), SVC()), cv=2))


@model
def bagged():
    return fitted(BaggingClassifier(LogisticRegression(), 4, max_features=0.5, random_state=0), patients()[["age", "ca"]])


@model
def boosted_on_categories():
    data = patients()[["age", "chol", "cp"]]
    data["cp"] = data.cp.astype("category")
    return fitted(HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype"), data)


@model
def selected():
    pick = SelectFromModel(LogisticRegression(), threshold=0.0)
    return fitted(make_pipeline(StandardScaler(), pick, LogisticRegression()), patients()[["age", "ca"]])


@model
def ufunc_first():
    return fitted(make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()), patients()[["age", "ca"]])


@model
def digits():
    images, labels = load_digits(return_X_y=True)
    return KNeighborsClassifier(3, n_jobs=-1).fit(images[:400], labels[:400]), images[:60]


@model
def words_without_names():
    rows = patients()[["cp", "ca"]].to_numpy(dtype=object)
    prepare = ColumnTransformer([("words", OneHotEncoder(), [0]), ("numbers", StandardScaler(), [1])])
    return fitted(make_pipeline(prepare, LogisticRegression()), rows)


@model
def texts():
    rows = ["good film", "fine and good", "bad film", "dull and bad"] * 5
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(rows, [1, 1, 0, 0] * 5), rows


@model
def text_in_a_column():
    data = pd.DataFrame({"review": ["good film", "fine", "bad film", "dull"] * 5, "stars": [5, 4, 1, 2] * 5})
    prepare = ColumnTransformer([("words", CountVectorizer(), "review"), ("stars", StandardScaler(), ["stars"])])
    return fitted(make_pipeline(prepare, LogisticRegression()), data, [1, 1, 0, 0] * 5)


@model
def mappings():
    rows = [{"city": "Graz", "beds": 2}, {"city": "Linz", "beds": 3}, {"beds": 1}, {"city": "Wels"}] * 4
    return make_pipeline(DictVectorizer(), Ridge()).fit(rows, [1.0, 2.0, 3.0, 4.0] * 4), rows


@model
def several_outputs():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    targets = np.column_stack([rows[:, 0] > 0, (rows[:, 1] * 2).round() % 3])
    return MultiOutputClassifier(LogisticRegression(), n_jobs=-1).fit(rows, targets), rows


@model
def several_numbers():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    return LinearRegression().fit(rows, rows @ np.ones((3, 2))), rows


@model
def column_target():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    scaled = TransformedTargetRegressor(Ridge(), transformer=StandardScaler())
    return scaled.fit(rows, (rows @ np.ones((3, 1)))), rows


@model
def no_probabilities():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    return SVC().fit(rows, rows[:, 0] > 0), rows


@model
def clusters():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    return KMeans(3, n_init=1, random_state=0).fit(rows), rows


@model
def mixture():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    return GaussianMixture(2, random_state=0).fit(rows), rows


@model
def outliers():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    return IsolationForest(n_estimators=10, random_state=0, n_jobs=-1).fit(rows), rows


@model
def transformer():
    rows = np.random.default_rng(3).normal(size=(80, 3))
    return PCA(2).fit(rows), rows
