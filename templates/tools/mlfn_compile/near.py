"""What the last places of a request decide: an answer that the model itself gives to one that hardly differs.

Two libraries that both compute in doubles differ in the last places of their sums. Where an answer jumps (a label, the
nearest neighbours), it jumps at another last place of the request in each. So a form whose numbers may differ may also give
what the model gives to a request whose numbers are moved by no more than rounding does, or to one whose neighbours are as
near as others; `prove` counts them, and bears few.
"""

import random
import sys

from .asking import told_of
from .boundaries import LARGE, moves
from .compare import first_difference
from .rounding import reach

# Relative to a number, or to the largest of the row where it is smaller: of doubles, and of what float32 would keep.
STEPS = (4e-16, 1e-14, 1e-12, 1e-10)
TRIES = 16
EXTREME = 1e9


def explains(native, compiled, body, expected, found, terms):
    """Whether the answer `found` is one that the model might as well have given."""
    return _is_tied(native, compiled, body, expected, terms) or _is_next(native, body, found, terms)


def is_extreme(body):
    """Whether it holds a number in which the others drown: there a distance to everything is the same."""
    if isinstance(body, (list, dict)):
        return any(map(is_extreme, body.values() if isinstance(body, dict) else body))
    return isinstance(body, (int, float)) and abs(body) > EXTREME


def _is_tied(native, compiled, body, expected, terms):
    """Whether the model's own neighbours are as near as those that the graph found, and give the model's answer."""
    graphs = sys.modules.get("mlfn_serve.plain.graphs")
    sources = _neighbours(native.estimator) if graphs else []
    if len(sources) != 1:
        return False
    (estimator,) = sources
    own = graphs.Neighbours._asked
    graphs.Neighbours._asked = lambda evaluator, rows: _as_near(evaluator, own(evaluator, rows), rows, estimator)
    try:
        return first_difference(expected, told_of(compiled, body), terms) is None
    finally:
        graphs.Neighbours._asked = own


def _as_near(evaluator, told, rows, estimator):
    """The model's own neighbours in place of those that were told, where they are as near within rounding."""
    import numpy
    from mlfn_serve.plain.rows import spread

    from .graphs.neighbours import power_of

    power, table = power_of(estimator), evaluator.feeds["table"]
    x = numpy.array([spread(row, evaluator.width) for row in rows], dtype=float)
    _, places = estimator.kneighbors(x)
    made = []
    for row, own, (distances, found) in zip(x, places.tolist(), told):
        apart, sizes = numpy.abs(table[own] - row), numpy.abs(table[own]) + numpy.abs(row)
        sums = apart.max(axis=1) if power == 0 else (apart**power).sum(axis=1)
        size = sizes.max() if power == 0 else (sizes**power).sum(axis=1).max()
        order = numpy.argsort(sums, kind="stable")
        near = numpy.all(numpy.abs(sums[order] - distances) <= 2 * reach(table.shape[1] + 8, size))
        made.append((sums[order].tolist(), [own[place] for place in order]) if near else (distances, found))
    return made


def _neighbours(estimator):
    """The KNeighborsClassifiers and -Regressors in a model."""
    found, stack, seen = [], [estimator], set()
    while stack:
        each = stack.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, (list, tuple)):
            stack += each[:50]
        elif type(each).__name__ in ("KNeighborsClassifier", "KNeighborsRegressor") and hasattr(each, "_fit_X"):
            found.append(each)
        elif hasattr(each, "get_params"):
            stack += vars(each).values()
    return found


def _is_next(native, body, found, terms):
    """Whether each record's answer is one that the model gives next to it."""
    from mlfn_serve import bodies
    from mlfn_serve.problems import Problem

    if found[0] != "answered" or native.schema.shape not in ("record", "row"):
        return False
    try:
        batch = bodies.read(body, native.schema)
    except Problem:
        return False
    chances = [[each] for each in found[2]] if found[2] else [None] * len(found[1])
    told = (("answered", [label], chances[place]) for place, label in enumerate(found[1]))
    return all(_is_near(native, batch, row, each, terms) for row, each in zip(batch.rows, told))


def _is_near(native, batch, row, found, terms):
    from mlfn_serve.bodies import Batch
    from mlfn_serve.problems import Problem

    chance = random.Random(3)
    rows = [row, *(_moved(row, native.schema.fields, step, chance) for step in STEPS for _ in range(TRIES))]
    try:
        labels, chances = native.predict(Batch(rows, batch.pointer, False))
    except Problem:
        return False
    told = (("answered", [label], chances and [chances[place]]) for place, label in enumerate(labels))
    return any(first_difference(each, found, terms) is None for each in told)


def _moved(row, fields, step, chance):
    numbers = [abs(value) for value, field in zip(row, fields) if _number(value, field)]
    least = max(numbers, default=0.0)
    return [
        value + chance.choice((-1, 0, 1)) * step * max(abs(value), least) if _number(value, field) else value
        for value, field in zip(row, fields)
    ]


def _number(value, field):
    return moves(field) and type(value) in (int, float) and abs(value) < LARGE
