"""The engine `plain`: a model that was compiled into numbers, evaluated by the standard library alone.

An evaluator works on one row at a time, a list of the schema's fields in order (or a text, or a mapping). Numbers are
floats, missing ones NaN. A transformer has `transform(row)`, which returns a list, or a dict {index: value} of what is not
zero where most is; `width`, how long that is; and `gives`, the type of the numbers in it, None where they are of several. A
predictor has `predict(row)`, and where the model has them `predict_proba(row)` (a list) and `decision_function(row)` (a
float, or a list); `answer(row)` gives prediction and probabilities at once; where many rows at once are quicker, `each(name,
rows)` gives what the method of that name does. Whatever the original refuses is refused by a
ValueError.
"""

from ..fields import restored
from ..problems import InitError, Problem
from ..refusals import explain
from .flat import Flat
from .kinds import Builder


class PlainModel:
    """As `mlfn_serve.model.Model` to those who ask. `predict(batch)` gives (predictions, probabilities or None)."""

    def __init__(self, path):
        try:
            flat = Flat(path)
        except (OSError, ValueError) as error:
            raise InitError(f"The compiled model could not be read: {error}") from error
        told = flat.header["model"]
        self.schema = restored(told["schema"])
        self.classes = told["classes"]
        self.probabilistic = told["probabilistic"]
        self.method = told["method"]
        # An integer of a request is a float to an array of floats; products of integers would grow beyond them.
        self._floats = bool(self.schema.fields) and self.schema.floats
        evaluator = Builder(flat, float if self._floats else None).build(flat.header["node"])
        asked = "answer" if self.probabilistic else self.method
        self._answer = getattr(evaluator, asked)
        each = getattr(evaluator, "each", None)
        self._answers = (lambda rows: each(asked, rows)) if each else lambda rows: [self._answer(row) for row in rows]
        if self.method == "transform":
            self._answer = _whole(evaluator)

    def predict(self, batch):
        """Answers for every row, in order."""
        rows = batch.rows
        try:
            if self._floats:
                rows = [list(map(float, row)) for row in rows]
            told = self._answers(rows)
        except Problem:
            raise
        except Exception as error:
            error = self._first_refusal(error, rows)
            problem = explain(error, self.schema, batch)
            raise problem from (None if problem.kind == "invalid-input" else error)
        if not self.probabilistic:
            return told, None
        return [each[0] for each in told], [each[1] for each in told]

    def _first_refusal(self, error, rows):
        """Of several rows that fail: scikit-learn looks at the values of all before it computes with any."""
        for row in () if isinstance(error, ValueError) or len(rows) == 1 else rows:
            try:
                self._answer(row)
            except ValueError as refusal:
                return refusal
            except Exception:
                continue
        return error


def _whole(transformer):
    """Its `transform`, with what it gives as a list of one type, as an array would have it."""
    from .rows import spread

    transform, width, gives = transformer.transform, transformer.width, transformer.gives
    if gives is None:
        return lambda row: list(spread(transform(row), width))
    return lambda row: list(map(gives, spread(transform(row), width)))
