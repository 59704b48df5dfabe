"""What rounding alone may change: how far another order of the same additions moves an answer.

A sum of products has no one value in floating point: the order of the additions is the library's own, differs between
processors and between one record and many, and moves the sum by at most 2 n u / (1 - n u) times the sum of the terms'
sizes (n terms, u = 2^-53; Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1). Here the compiled
model is evaluated again with its sums moved to the ends of that range, each alone and all together: an answer of the model
between those is one that its own sums may give. Where a term overflows and the sum itself would not, processors that round
only after the addition (FMA) have the sum, and the others infinity or NaN. Nothing else is moved: no input, no threshold, no
weight, no category.
"""

import math
import random
import sys

from .compare import Difference, distance

UNIT = 2.0**-53
SMALL = 2.0**-200
ENDS = 48
MIXED = 16


def explains(compiled, body, expected, terms):
    """Whether the model's answer lies among those that rounding may give."""
    from mlfn_serve.plain import PlainModel

    return isinstance(compiled, PlainModel) and _within(expected, _moved(compiled, body), terms)


def _moved(compiled, body):
    """What the compiled model tells with its sums moved, one way after another."""
    from .asking import told_of

    moves = Moves()
    undo = moves.install()
    try:
        told = [told_of(compiled, body)]
        count = moves.seen
        patterns = [lambda place: 1, lambda place: -1]
        for one in range(min(count, ENDS)):
            patterns += [lambda place, one=one: 1 if place == one else -1, lambda place, one=one: -1 if place == one else 1]
        chance = random.Random(0)
        for _ in range(MIXED if count > 1 else 0):
            mixed = [chance.choice((-1, 1)) for _ in range(count)]
            patterns.append(lambda place, mixed=mixed: mixed[place % len(mixed)])
        for pattern in patterns if count else ():
            moves.pattern, moves.seen = pattern, 0
            told.append(told_of(compiled, body))
    finally:
        undo()
    return told


class Moves:
    """Stands before the methods that sum. `pattern(place)` is which way the sum of that place goes."""

    def __init__(self):
        self.pattern = lambda place: 0
        self.seen = 0
        self.inside = None

    def install(self):
        """Gives the function that takes it away again."""
        kept = []
        for module, name, method, sizes in SUMS:
            owner = getattr(sys.modules.get("mlfn_serve.plain." + module), name, None)
            if owner is not None:
                kept.append((owner, method, getattr(owner, method)))
                setattr(owner, method, self._moving(getattr(owner, method), sizes))
        return lambda: [setattr(*each) for each in kept]

    def _moving(self, method, sizes):
        def moved(evaluator, row):
            if self.inside is evaluator:
                return method(evaluator, row)
            before, self.inside = self.inside, evaluator
            try:
                found = method(evaluator, row)
            finally:
                self.inside = before
            told = []
            for value, (terms, size, finite) in zip(found.values() if type(found) is dict else found, sizes(evaluator, row)):
                way = self.pattern(self.seen)
                told.append(value + way * reach(terms, size) if math.isfinite(size) else finite if way > 0 else value)
                self.seen += 1
            return dict(zip(found, told)) if type(found) is dict else told

        return moved


def reach(terms, size):
    """How far two orders of a sum may be apart."""
    grown = terms * UNIT
    return 2 * grown / (1 - grown) * size


def _linear(evaluator, row):
    """For each output: how many terms it has, the sum of their sizes, and where that overflows the sum without overflow."""
    items = list(row.items()) if type(row) is dict else list(enumerate(row))
    for weights, bias in zip(evaluator.weights, evaluator.bias):
        size = abs(bias) + sum(abs(weights[index] * value) for index, value in items)
        finite = 0.0
        if not math.isfinite(size):
            finite = sum(weights[index] * (value * SMALL) for index, value in items) / SMALL
        yield len(items) + 2, size, finite


def _vectors(evaluator, row):
    """libsvm sums over the support vectors, each of them times the row."""
    if type(row) is dict:
        row = [row.get(index, 0.0) for index in range(evaluator.width)]
    width, vectors = evaluator.width, evaluator.vectors
    sizes = [sum(abs(one * other) for one, other in zip(vectors[at : at + width], row)) for at in range(0, len(vectors), width)]
    for place, bias in enumerate(evaluator.bias):
        duals = evaluator.duals[place * len(sizes) : (place + 1) * len(sizes)]
        yield len(sizes) + width + 2, abs(bias) + sum(abs(dual) * size for dual, size in zip(duals, sizes)), math.nan


def _gaussian(evaluator, row):
    for constant, means, variances in zip(evaluator.constants, evaluator.means, evaluator.variances):
        apart = sum((value - mean) * (value - mean) / variance for value, mean, variance in zip(row, means, variances))
        yield len(means) + 6, abs(constant) + 0.5 * apart, -math.inf


def _quadratic(evaluator, row):
    """The sum of squares, each of a sum of its own."""
    for constant, (means, axes, logs) in zip(evaluator.constants, evaluator.parts):
        apart = [abs(value - mean) for value, mean in zip(row, means)]
        along = [sum(abs(part) * size for part, size in zip(axis, apart)) for axis in axes]
        yield 2 * len(means) + 6, abs(constant) + 0.5 * (abs(logs) + sum(size * size for size in along)), -math.inf


def _whole(evaluator, scores):
    """A sum of chances, and the addition of its logarithm."""
    yield len(scores) + 2, max(map(abs, scores)) + 1, math.nan


def _apart(evaluator, scores):
    """scikit-learn takes the squares apart: x^2 - 2xy + y^2."""
    for code in evaluator.codes:
        yield len(code) + 4, sum((abs(score) + abs(each)) ** 2 for score, each in zip(scores, code)), math.inf


def _mean(evaluator, row):
    told = [abs(part.predict(row) * share) for part, share in zip(evaluator.parts, evaluator.shares)]
    yield len(told) + 2, sum(told), math.inf


def _project(evaluator, row):
    row = [row.get(index, 0.0) for index in range(len(evaluator.weights) // evaluator.width)] if type(row) is dict else row
    width = evaluator.width
    before, after, scale = (
        evaluator.before or [0.0] * len(row),
        evaluator.after or [0.0] * width,
        evaluator.scale or [1.0] * width,
    )
    for place in range(width):
        sizes = [abs(value - mean) * abs(part) for value, mean, part in zip(row, before, evaluator.weights[place::width])]
        yield 2 * len(sizes) + 4, (abs(after[place]) + sum(sizes)) / scale[place], math.nan


def _norm(evaluator, row):
    """Each value is divided by a root of a sum."""
    from mlfn_serve.plain.scaling import normalised

    made = normalised(row, evaluator.norm)
    for value in made.values() if type(made) is dict else made:
        yield len(row) + 4, abs(value), math.nan


# Below mlfn_serve/plain: module, class, the method that gives a list of sums, and what tells their sizes. An heir that sums
# otherwise has a row of its own; its parent's is passed over meanwhile.
SUMS = [
    ("vectors", "Vectors", "scores", _vectors),
    ("linear", "Linear", "scores", _linear),
    ("bayes", "Gaussian", "scores", _gaussian),
    ("bayes", "Scored", "whole", _whole),
    ("reductions", "OutputCode", "apart", _apart),
    ("voting", "MeanVoting", "scores", _mean),
    ("discriminant", "Quadratic", "scores", _quadratic),
    ("scaling", "Norm", "divided", _norm),
    ("projection", "Project", "sums", _project),
]


def _within(expected, told, terms):
    if expected[0] == "refused":  # of what is no number any more
        return expected in told
    told = [each for each in told if each[0] == "answered"]
    return all(
        _leaf_within(kind, expected[part], [each[part] for each in told], terms)
        for part, kind in ((1, "prediction"), (2, "probability"))
    )


def _leaf_within(kind, expected, told, terms):
    if isinstance(expected, (list, tuple)):
        told = [each for each in told if isinstance(each, (list, tuple)) and len(each) == len(expected)]
        return bool(told or not expected) and all(
            _leaf_within(kind, one, [each[index] for each in told], terms) for index, one in enumerate(expected)
        )
    if any(distance(Difference(kind, (), expected, each), terms) <= terms.relative for each in told):
        return True
    numbers = [each for each in told if type(each) is float and each == each]
    return type(expected) is float and bool(numbers) and min(numbers) <= expected <= max(numbers)
