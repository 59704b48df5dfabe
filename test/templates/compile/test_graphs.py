"""The engine onnx: graphs among plain evaluators answer as the model does, and refuse as it does."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab import compiled, proof
from matrix import FRAME, WORDS, columns
from mlfn_compile.boundaries import PAIRS
from mlfn_compile.probes import probes
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from mlfn_serve import bodies
from mlfn_serve.problems import Problem
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR
from sklearn.tree import DecisionTreeClassifier

RNG = np.random.default_rng(5)
X = RNG.normal(size=(120, 4)) * [1, 10, 0.5, 3] + [0, 5, 1, 10]
CLASSES = np.digitize(X[:, 0] + X[:, 1] / 10, [0.2, 0.9])
TWO = np.where(CLASSES > 0, "ill", "well")
VALUES = X @ [1, 0.2, 3, 0.1]
SEVERAL = np.column_stack([VALUES, -VALUES])

CASES = {
    "rbf": (SVC(), CLASSES),
    "rbf, two classes": (SVC(gamma=0.3), TWO),
    "poly with chances": (SVC(kernel="poly", coef0=1, probability=True, random_state=0), CLASSES),
    "two classes with chances": (SVC(probability=True, random_state=0), TWO),
    "sigmoid": (make_pipeline(StandardScaler(), SVC(kernel="sigmoid")), CLASSES),
    "linear": (SVC(kernel="linear"), CLASSES),
    "ties broken": (SVC(break_ties=True), CLASSES),
    "one against one": (SVC(decision_function_shape="ovo"), CLASSES),
    "NuSVC": (NuSVC(nu=0.2), CLASSES),
    "SVR": (SVR(), VALUES),
    "SVR poly": (SVR(kernel="poly", degree=2), VALUES),
    "NuSVR": (NuSVR(), VALUES),
    "neighbours by a tree": (KNeighborsClassifier(3), TWO),
    "neighbours by brute force": (KNeighborsClassifier(algorithm="brute"), CLASSES),
    "near neighbours weigh more": (KNeighborsClassifier(weights="distance"), CLASSES),
    "manhattan": (KNeighborsClassifier(metric="manhattan"), CLASSES),
    "chebyshev": (KNeighborsClassifier(metric="chebyshev"), CLASSES),
    "minkowski 3": (KNeighborsClassifier(p=3), CLASSES),
    "neighbours' mean": (KNeighborsRegressor(3), VALUES),
    "neighbours' weighed means": (KNeighborsRegressor(weights="distance"), SEVERAL),
    "layers": (MLPClassifier((8, 4), max_iter=20, random_state=0), CLASSES),
    "tanh": (MLPClassifier(4, activation="tanh", max_iter=20, random_state=0), TWO),
    "several labels": (MLPClassifier(4, max_iter=20, random_state=0), np.column_stack([CLASSES > 0, CLASSES > 1]).astype(int)),
    "layers' number": (MLPRegressor(4, activation="logistic", max_iter=20, random_state=0), VALUES),
    "layers' numbers": (MLPRegressor(4, activation="identity", max_iter=20, random_state=0), SEVERAL),
    "Gaussian process": (GaussianProcessRegressor(), VALUES),
    "Gaussian process, kernels": (
        make_pipeline(StandardScaler(), GaussianProcessRegressor(ConstantKernel(2.0) * RBF() + WhiteKernel(), normalize_y=True)),
        VALUES,
    ),
    "Matern": (GaussianProcessRegressor(Matern() + WhiteKernel()), VALUES),
    "PLSRegression": (PLSRegression(2), VALUES),
    "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), CLASSES),
    "logistic, two classes": (LogisticRegression(), TWO),
    "margins": (RidgeClassifier(), TWO),
    "a vote of graphs and trees": (
        VotingClassifier(
            [("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3, random_state=0))], voting="soft"
        ),
        TWO,
    ),
    "linear number": (Ridge(), VALUES),
    "linear numbers": (Ridge(), SEVERAL),
    "grown": (PoissonRegressor(), np.exp(X[:, 0] / 3)),
    "inside a vote": (
        VotingClassifier([("a", MLPClassifier(4, max_iter=20, random_state=0)), ("b", LogisticRegression())], voting="soft"),
        TWO,
    ),
}


@pytest.fixture(autouse=True)
def quiet():
    import warnings

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", CASES)
def test_a_graph_answers_as_the_model_does(name):
    estimator, y = CASES[name]
    found = proof(estimator.fit(X, y), [X[0].tolist(), X[:3].tolist()], "onnx")
    assert found["probes"] > 500
    assert found["refused"] > 40
    assert found["largestDifference"] < 1e-7
    assert found["left"] == 0


@pytest.mark.parametrize(
    "heavy", [SVC(probability=True), KNeighborsClassifier(), MLPClassifier(8, max_iter=20, random_state=0)], ids=str
)
def test_columns_of_words_and_holes_stay_plain_in_front_of_a_graph(heavy):
    model = make_pipeline(columns(), heavy).fit(FRAME, WORDS)
    record = json.loads(FRAME.head(1).to_json(orient="records"))[0]
    found = proof(model, [record], "onnx")
    assert found["probes"] > 600
    assert found["refused"] > 100


def test_refusals_are_the_models_words():
    native, model = compiled(make_pipeline(columns(), MLPClassifier(8, max_iter=20, random_state=0)).fit(FRAME, WORDS), "onnx")
    record = json.loads(FRAME.head(1).to_json(orient="records"))[0]
    for wrong in ({**record, "ca": 17}, {**record, "chol": "high"}, {**record, "exang": "maybe"}, {}):
        told = []
        for each in (native, model):
            with pytest.raises(Problem) as found:
                each.predict(bodies.read(wrong, each.schema))
            problem = found.value
            told.append((problem.status, problem.kind, problem.detail, problem.errors))
        assert told[0] == told[1]


def test_sparse_rows_are_spread_before_a_graph():
    words = np.array([["a"], ["b"], ["c"], ["a"]] * 30, object)
    model = make_pipeline(OneHotEncoder(), SVC(gamma=1.0, C=3)).fit(words, np.tile([0, 1, 1, 0], 30))
    assert proof(model, [["a"]], "onnx")["probes"] > 50


def test_many_rows_of_many_numbers_by_products_and_exactly():
    x = RNG.normal(size=(3000, 400))
    model = KNeighborsClassifier().fit(x, RNG.integers(0, 3, 3000))
    native, graph = compiled(model, "onnx")
    asked = RNG.normal(size=(40, 400)).tolist() + x[:5].tolist()
    batch = bodies.read(asked, native.schema)
    assert graph.predict(batch) == native.predict(batch)


def test_a_batch_is_the_same_as_each_row_alone():
    native, model = compiled(KNeighborsRegressor(4).fit(X, VALUES), "onnx")
    rows = X[:9].tolist()
    together, _ = model.predict(bodies.read(rows, model.schema))
    assert together == [model.predict(bodies.read(row, model.schema))[0][0] for row in rows]


def test_numbers_of_pixels_are_kept_narrow():
    digits, labels = load_digits(return_X_y=True)
    model = KNeighborsClassifier().fit(digits, labels)
    found = proof(model, [digits[:2].tolist()], "onnx")
    assert found["left"] == 0
    import os
    import tempfile

    from mlfn_compile.compiling import exported
    from mlfn_compile.flat import Writer

    writer = Writer()
    node = exported(model, writer, "onnx")
    with tempfile.TemporaryDirectory() as folder:
        writer.write(os.path.join(folder, "m"), {}, node)
        assert os.path.getsize(os.path.join(folder, "m")) < digits.size * 1.1


def wrong(estimator, y, change, own=0):
    """What the proof says of a graph whose answers are changed."""
    native, model = compiled(estimator.fit(X, y), "onnx")
    answers = model._answers
    model._answers = lambda rows: [change(row, told) for row, told in zip(rows, answers(rows))]
    asked = probes(native.schema, [X[0].tolist()], native.estimator)
    with pytest.raises(Unsupported) as found:
        prove(native, model, asked, "onnx", own=own)
    return str(found.value)


def test_a_number_off_by_more_than_1e_5_is_found():
    assert "the onnx form answers" in wrong(SVR(), VALUES, lambda row, told: told * (1 + 2e-5))


def test_another_label_than_the_models_own_is_found_where_it_is_clear():
    assert "the onnx form answers" in wrong(KNeighborsClassifier(), TWO, lambda row, told: ("ill", told[1]))


def test_chances_that_are_a_little_off_are_found():
    told = wrong(
        MLPClassifier(4, max_iter=20, random_state=0), TWO, lambda row, told: (told[0], [told[1][0] * 1.00002, told[1][1]])
    )
    assert 'as the probability of "ill"' in told


def test_the_users_own_requests_are_never_rounded():
    x = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]] * 2)
    tied = [1.0, 1.0]  # as far from all: the model takes what its tree comes to first
    native, model = compiled(KNeighborsClassifier(1).fit(x, [0, 1, 2, 3] * 2), "onnx")
    answers = model._answers
    other = (native.predict(bodies.read(tied, native.schema))[0][0] + 1) % 4
    chances = [float(place == other) for place in range(4)]
    model._answers = lambda rows: [(other, chances) if row == tied else told for row, told in zip(rows, answers(rows))]
    assert prove(native, model, [[0.1, 0.1], tied], "onnx", own=1)["rounded"] == 1
    with pytest.raises(Unsupported, match="the onnx form answers"):
        prove(native, model, [[0.1, 0.1], tied], "onnx", own=2)


def test_answers_that_hang_on_ties_throughout_are_refused():
    x = RNG.integers(0, 2, size=(400, 2)).astype(float)
    model = KNeighborsClassifier(1).fit(x, RNG.integers(0, 4, 400))
    native, graph = compiled(model, "onnx")
    asked = [[float(a), float(b)] for a in (0, 1) for b in (0, 1)] * (PAIRS * 4)
    answers = graph._answers

    def turned(rows):
        return [((label + 1) % 4, chances[-1:] + chances[:-1]) for label, chances in answers(rows)]

    graph._answers = turned
    with pytest.raises(Unsupported):
        prove(native, graph, asked, "onnx")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (GaussianNB(), "nothing in it is heavy on numbers"),
        (SVC(kernel=lambda a, b: a @ b.T), "a kernel of its own"),
        (KNeighborsClassifier(metric="cosine", algorithm="brute"), "the metric cosine has no graph"),
        (KNeighborsClassifier(weights=lambda d: d), "weights of its own"),
    ],
    ids=["light", "kernel", "metric", "weights"],
)
def test_what_has_no_graph_says_why(model, reason):
    with pytest.raises(Unsupported, match=reason):
        compiled(model.fit(X, TWO), "onnx")


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_models_of_random_data(data):
    seed = data.draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    width, rows = data.draw(st.integers(1, 6)), data.draw(st.integers(20, 80))
    x = rng.normal(size=(rows, width)) * 10.0 ** rng.integers(-3, 4, width)
    y = rng.integers(0, data.draw(st.integers(2, 4)), rows)
    y[:4] = [0, 1, 0, 1]
    made = [
        lambda: SVC(kernel=data.draw(st.sampled_from(["rbf", "sigmoid"])), probability=data.draw(st.booleans()), random_state=0),
        lambda: KNeighborsClassifier(data.draw(st.integers(1, 9)), weights=data.draw(st.sampled_from(["uniform", "distance"]))),
        lambda: MLPClassifier(data.draw(st.integers(1, 9)), max_iter=5, random_state=0),
        lambda: KNeighborsRegressor(data.draw(st.integers(1, 9)), p=data.draw(st.sampled_from([1, 2]))),
        lambda: SVR(C=data.draw(st.sampled_from([0.1, 10.0]))),
    ]
    estimator = data.draw(st.sampled_from(made))()
    model = make_pipeline(StandardScaler(), estimator) if data.draw(st.booleans()) else estimator
    assert proof(model.fit(x, y), [x[0].tolist()], "onnx")["probes"] > 100
