"""The model: loaded once, asked for predictions, and its refusals put into words."""

import os
import sys

from .introspect import describe
from .matrix import inputs
from .problems import InitError, Problem
from .refusals import explain, line_of


class Model:
    """A fitted estimator. `predict(batch)` gives (predictions, probabilities or None) as plain lists."""

    def __init__(self, estimator, origin):
        self.estimator = estimator
        self.schema = describe(estimator)
        self.schema.frame = self.schema.frame and _pandas(estimator, self.schema, origin)
        if self.schema.shape == "record" and not self.schema.frame:
            import warnings  # rows come in the order of training, checked by name before

            warnings.filterwarnings("ignore", "X does not have valid feature names")
        names = [name for name in ("predict", "transform") if hasattr(estimator, name)]
        if not names:
            if not callable(estimator):
                kind = type(estimator).__name__
                raise InitError(f"{origin} holds a {kind}, which can neither predict nor transform new data.")
            names = ["__call__"]
        self.method = names[0]
        self.probabilistic = self.method == "predict" and hasattr(estimator, "predict_proba")
        self.classes = _listed(_classes(estimator))
        # Asked once per stage: a Pipeline's predict and predict_proba would each run every step.
        self.head = []
        self.tail = estimator
        if type(estimator).__name__ == "Pipeline" and type(estimator).__module__ == "sklearn.pipeline":
            self.head = [step for _, step in estimator.steps[:-1] if step is not None and step != "passthrough"]
            self.tail = estimator.steps[-1][1]
        if not self.probabilistic or isinstance(self.tail, str):
            self.head, self.tail = [], estimator

    def predict(self, batch):
        """Answers for every row, in order."""
        predictions = [None] * len(batch.rows)
        probabilities = [None] * len(batch.rows) if self.probabilistic else None
        try:
            for positions, x in inputs(batch.rows, self.schema):
                told, chances = self._ask(x)
                if positions is None:
                    predictions, probabilities = told, chances
                    continue
                for index, position in enumerate(positions):
                    predictions[position] = told[index]
                    if chances is not None:
                        probabilities[position] = chances[index]
        except Problem:
            raise
        except Exception as error:
            problem = explain(error, self.schema, batch)
            raise problem from (None if problem.kind == "invalid-input" else error)
        return predictions, probabilities

    def ask(self, x):
        """For what a hook made itself: an array or a DataFrame, handed on as it is."""
        try:
            return self._ask(x)
        except ValueError as error:
            raise Problem(422, "refused", f"The model refused the values: {line_of(error)}") from error

    def _ask(self, x):
        for step in self.head:
            x = step.transform(x)
        predictions = _listed(getattr(self.tail, self.method)(x))
        if not self.probabilistic:
            return predictions, None
        chances = self.tail.predict_proba(x)
        if isinstance(chances, list):  # one array per output; by record it is [record][output][class]
            return predictions, [list(each) for each in zip(*map(_listed, chances))]
        return predictions, _listed(chances)


def _pandas(estimator, schema, origin):
    """Imports pandas in the init phase; whether it is there. Picking columns by name and pandas' own categories make it
    indispensable."""
    try:
        import pandas  # noqa: F401
    except ModuleNotFoundError as error:
        first = estimator.steps[0][1] if hasattr(estimator, "steps") else estimator
        if hasattr(first, "transformers_"):
            raise InitError(f"{origin} picks columns by name and needs pandas, which is not in the package.") from error
        if any(field.levels for field in schema.fields):
            raise InitError(f"{origin} was fitted on pandas categories and needs pandas, which is not in the package.") from error
        return False
    return True


def _classes(estimator):
    try:
        return getattr(estimator, "classes_", None)
    except Exception:  # a property of an estimator that has none
        return None


def _listed(values):
    if isinstance(values, list):
        return [_listed(each) for each in values]
    if hasattr(values, "toarray"):
        values = values.toarray()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    return values.tolist() if hasattr(values, "tolist") else values


def load(path, kind, main):
    """The estimator of a model file. `main` maps classes that the file looks for in __main__ to their modules."""
    import importlib

    name = os.path.basename(path)
    for class_name, module in main.items():
        try:
            setattr(sys.modules["__main__"], class_name, getattr(importlib.import_module(module), class_name))
        except (ImportError, AttributeError) as error:
            raise InitError(f"The class {class_name} was not found in {module}.py: {error}") from error
    try:
        return _read(path, kind)
    except ModuleNotFoundError as error:
        raise InitError(f"{name} needs the module {error.name}, which is not in the package.") from error
    except Exception as error:
        raise InitError(f"{name} could not be loaded: {type(error).__name__}: {line_of(error)}") from error


def _read(path, kind):
    if kind == "joblib":
        import joblib

        return joblib.load(path)
    if kind != "pickle":
        from .files import read

        return read(path, kind)
    import pickle

    with open(path, "rb") as file:
        return pickle.load(file)
