"""What the proof must find, what it must allow, and what it must never allow."""

import json

import numpy as np
import pandas as pd
import pytest
from lab import compiled, proof
from mlfn_compile.compare import Terms, first_difference
from mlfn_compile.probes import probes
from mlfn_compile.prove import prove
from mlfn_compile.unsupported import Unsupported
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

RNG = np.random.default_rng(1)
X = RNG.normal(size=(150, 4))
PLACES = ("ill", "well")


class Changed:
    """A compiled model whose answers, or refusals, are changed on the way."""

    def __init__(self, model, change):
        self.model, self.change = model, change
        self.schema, self.classes, self.probabilistic = model.schema, model.classes, model.probabilistic

    def predict(self, batch):
        return self.change(batch.rows, *self.model.predict(batch))


def classifier():
    return LogisticRegression().fit(X, np.where(X[:, 0] > 0, *PLACES))


def refused(change, estimator=None, **how):
    native, model = compiled(estimator or classifier())
    with pytest.raises(Unsupported) as found:
        prove(native, Changed(model, change), probes(native.schema, [], native.estimator), **how)
    return str(found.value)


def test_another_label_is_told_with_the_request_that_shows_it():
    def change(rows, labels, chances):
        return [PLACES[0] if row[1] == 1e12 else label for row, label in zip(rows, labels)], chances

    native, model = compiled(classifier())
    told = [native.predict(type("B", (), {"rows": [[0.5, 1e12, 0.5, 0.5]]}))[0][0]]
    other = PLACES[told[0] == PLACES[0]]
    text = refused(lambda rows, labels, chances: ([other if row[1] == 1e12 else x for row, x in zip(rows, labels)], chances))
    assert f'the plain form answers "{other}" and the model "{told[0]}" to [' in text
    assert "1000000000000.0" in text


def test_a_probability_off_by_a_millionth_of_a_millionth_is_found():
    text = refused(lambda rows, labels, chances: (labels, [[a, b * (1 + 5e-12)] for a, b in chances]))
    assert 'as the probability of "well" and the model' in text


def test_a_number_where_the_model_refuses_is_found():
    native, model = compiled(classifier())
    model.schema.fields[2].missing = 0.0
    with pytest.raises(Unsupported, match=r"the plain form answers .* and the model refuses \(422: .*null"):
        prove(native, model, probes(native.schema, [], native.estimator))


def test_a_refusal_where_the_model_answers_is_found():
    def change(rows, labels, chances):
        from mlfn_serve.problems import Problem

        if any(0 < abs(value) < 1e-310 for row in rows for value in row):
            raise Problem(422, "refused", "The model refused the values: too small")
        return labels, chances

    assert "the plain form refuses (422: The model refused the values: too small) and the model answers" in refused(change)


def test_a_refusal_in_other_words_is_found():
    native, model = compiled(classifier())
    model.schema.by_name["1"].name = "one"
    with pytest.raises(Unsupported, match="refuses"):
        prove(native, model, probes(native.schema, [], native.estimator))


def test_an_answer_that_depends_on_its_company_is_found():
    def change(rows, labels, chances):
        return ([labels[0]] * len(labels), chances)

    assert "to record" in refused(change)


def test_an_integer_is_not_the_float_of_the_same_value():
    model = LinearRegression().fit(X, X[:, 0])
    assert "answers" in refused(lambda rows, told, chances: ([int(each) for each in told], chances), model)


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ("1", 1), (None, float("nan")), ([1], 1), ([1, 2], [1])])
def test_values_of_different_types_differ(one, other):
    assert first_difference(("answered", [one], None), ("answered", [other], None), Terms(1e-5, None))


def test_a_model_that_draws_lots_is_told():
    class Lots:
        classes, probabilistic = None, False

        def __init__(self, schema):
            self.schema = schema

        def predict(self, batch):
            return RNG.normal(size=len(batch.rows)).tolist(), None

    native, model = compiled(classifier())
    with pytest.raises(Unsupported, match="answers differently when it is asked again"):
        prove(Lots(native.schema), model, probes(native.schema, [], native.estimator))


def cancelling():
    """Weights that leave almost nothing of a sum."""
    model = LinearRegression().fit(X, X[:, 0])
    model.coef_ = np.array([1e8 + 0.1, -1e8, 1e-3, 1.0])
    return model


def test_what_another_order_of_additions_gives_is_allowed_and_counted():
    rows = [[value, value * (1 + 1e-9), 0.3, 0.1] for value in RNG.normal(size=300).tolist()]
    told = proof(cancelling(), rows)
    assert told["rounded"] > 0
    assert told["largestDifference"] <= 1e-12


@pytest.mark.parametrize("norm", ["l1", "l2", "max"])
def test_a_label_may_hang_on_the_last_place_of_a_norm(norm):
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    assert proof(make_pipeline(Normalizer(norm), tree).fit(X, np.where(X[:, 0] > X[:, 1], *PLACES)))["probes"] > 500


def test_what_no_order_of_additions_gives_is_not():
    native, model = compiled(cancelling())
    native.estimator.coef_[2] += 1e-6
    rows = [[value, value * (1 + 1e-9), 0.3, 0.1] for value in RNG.normal(size=300).tolist()]
    with pytest.raises(Unsupported):
        prove(native, model, rows)


def test_a_wrong_weight_of_any_column_is_found():
    for column in range(4):
        native, model = compiled(make_pipeline(StandardScaler(), classifier()).fit(X, np.where(X[:, 0] > 0, *PLACES)))
        native.estimator[-1].coef_[0, column] *= 1 + 1e-10
        with pytest.raises(Unsupported):
            prove(native, model, probes(native.schema, [], native.estimator))


def test_what_is_sent_and_every_edge_is_among_the_probes():
    frame = pd.DataFrame({"age": X[:, 0], "ca": RNG.integers(0, 3, 150)})
    native, _ = compiled(LogisticRegression().fit(frame, frame.age > 0))
    made = probes(native.schema, [{"age": 63, "ca": 1}], native.estimator)
    texts = [json.dumps(body) for body in made]
    assert made[0] == {"age": 63, "ca": 1}
    for edge in (
        "5e-324",
        "-1e+300",
        "null",
        '"1"',
        "true",
        "3.4028235677973366e+38",
        "unheard of",
        "instances",
        "dataframe_split",
    ):
        assert any(edge in text for text in texts), edge
    assert made == probes(native.schema, [{"age": 63, "ca": 1}], native.estimator)


def test_when_the_time_is_over_what_is_left_is_said():
    native, model = compiled(classifier())
    bodies = probes(native.schema, [], native.estimator)
    told = prove(native, model, bodies, seconds=0)
    assert told["probes"] + told["left"] == len(bodies)
    assert 0 < told["probes"] < len(bodies)


def test_labels_may_swap_where_their_chances_do_and_nowhere_else():
    def differs(own, others, relative=1e-12):
        terms = Terms(relative, ["a", "b"])
        return first_difference(("answered", ["a"], [own]), ("answered", ["b"], [others]), terms) is not None

    tick = 2.0**-53
    assert not differs([0.5 + tick, 0.5 - tick], [0.5 - tick, 0.5 + tick])
    assert not differs([0.5, 0.5], [0.5 - tick, 0.5 + tick])
    assert differs([0.5, 0.5], [0.5, 0.5])  # another rule for ties
    assert differs([0.5 + tick, 0.5 - tick], [0.5 + tick, 0.5 - tick])
    assert differs([0.5 + 1e-9, 0.5 - 1e-9], [0.5 - 1e-9, 0.5 + 1e-9])
    assert not differs([0.5 + 1e-7, 0.5 - 1e-7], [0.5 - 1e-7, 0.5 + 1e-7], relative=1e-5)
    assert differs([0.51, 0.49], [0.49, 0.51], relative=1e-5)
