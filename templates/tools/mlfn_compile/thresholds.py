"""Requests on both sides of the trees' thresholds: neighbouring doubles, one of which goes left and the other right.

A probe reaches its node: the columns that were asked on the way get values that lead there. Through scalers and the like a
column is followed where one number makes one number, rising or falling; a category is tried out. What hangs on several
columns at once (a projection, products) stays as it is in a likely row.
"""

import random
import sys
from bisect import bisect_right

# Nodes that are visited; of more a sample, the same for the same model. Each gives two probes, or three where something
# may be missing.
MOST = 1000


def thresholds(model, most=MOST):
    """Bodies for a PlainModel, none where it holds no trees."""
    from .probes import as_body, likely_rows

    schema = model.schema
    evaluator = getattr(model._answer, "__self__", None)
    # Not imported here: the package carries the modules that the model itself asked for.
    if schema.shape not in ("record", "row") or "mlfn_serve.plain.forest" not in sys.modules:
        return []
    from .crossing import Crossings

    chance = random.Random(2)
    rows = likely_rows(schema, [], chance)
    rows = [row for row in rows if None not in row] or rows
    made = []
    places = []
    for forest, through in forests(evaluator, None):
        columns = Crossings(forest, through, schema.fields, rows[0])
        places += [(forest, columns, node) for node, other in enumerate(forest.right) if other > 0]
    for forest, columns, node in places if len(places) <= most else chance.sample(places, most):
        base = chance.choice(rows)
        for side in (True, False):
            made.append(_led(forest, columns, node, side, base))
        if forest.rule:
            row = made[-1][:]
            source = columns.source(forest.feature[node])
            if source is not None and schema.fields[source].nullable is not False:
                row[source] = None
                made.append(row)
    return [as_body(row, schema) for row in made]


def forests(evaluator, through):
    """Yields (forest, what makes its row of the model's own, or None) of an evaluator and of all that it holds."""
    from mlfn_serve.plain.forest import Forest, dense

    if isinstance(evaluator, Forest):
        yield evaluator, through
        return
    name = type(evaluator).__name__
    if name == "Chain":
        yield from forests(evaluator.last, _then(through, evaluator._through))
        return
    if getattr(evaluator, "features", None) and hasattr(evaluator, "parts"):
        for part, features in zip(evaluator.parts, evaluator.features):

            def picked(row, features=features):
                row = dense(row, evaluator.width) if type(row) is dict else row
                return [row[index] for index in features]

            yield from forests(part, _then(through, picked) if features else through)
        return
    for held in getattr(evaluator, "__dict__", {}).values():
        for each in _held(held):
            yield from forests(each, through)


def _held(value):
    """The evaluators that a value is or holds, themselves or by a method of theirs."""
    owner = getattr(value, "__self__", value)
    if type(owner).__module__.startswith("mlfn_serve.plain."):
        yield owner
    elif isinstance(value, (list, tuple)) and not (value and isinstance(value[0], (int, float))):
        for each in value:
            yield from _held(each)


def _then(first, second):
    return second if first is None else lambda row: second(first(row))


def _led(forest, columns, node, side, base):
    """A row that comes to the node and goes to that side of it, as far as its columns can be chosen."""
    row = list(base)
    asked = {}
    for step, left in [*_way(forest, node), (node, side)]:
        asked.setdefault(forest.feature[step], []).append((step, left))
    for feature, steps in asked.items():
        columns.choose(row, feature, steps)
    return row


def _way(forest, node):
    """[(node, whether to its left), ...] from the root down: the left side stands before the right one."""
    step = forest.roots[bisect_right(forest.roots, node) - 1]
    way = []
    while step != node:
        left = node < forest.right[step]
        way.append((step, left))
        step = step + 1 if left else forest.right[step]
    return way
