"""The model's own answers: many records at once where that is quicker, alone where it matters."""

import random
from time import monotonic, perf_counter_ns

CHUNK = 128
# Asked alone: the first of all, and some of each chunk.
FIRST = 16
SOME = 2
FLOAT32_MAX = 3.4028235e38
TRIES = 7


def told_of(model, body):
    """("answered", predictions, probabilities) or ("refused", status, kind, detail, errors)."""
    from mlfn_serve import bodies

    return _told(model, lambda: bodies.read(body, model.schema))


def answers(native, asked, seconds):
    """Yields (body, what the model told of it, whether it was asked that alone), in order, until the time is over."""
    deadline = monotonic() + seconds
    chance = random.Random(0)
    for start in range(0, len(asked), CHUNK):
        if start and monotonic() > deadline:
            return
        chunk = asked[start : start + CHUNK]
        alone = set(range(FIRST) if start == 0 else chance.sample(range(len(chunk)), min(SOME, len(chunk))))
        told = _together(native, chunk, alone)
        for place, body in enumerate(chunk):
            yield (body, told[place], False) if place in told else (body, told_of(native, body), True)


def _together(native, chunk, alone):
    """{place in the chunk: what was told} of the bodies of one record that the schema takes, without those of `alone`."""
    from mlfn_serve import bodies
    from mlfn_serve.problems import Problem

    tame, wild = [], []
    for place, body in enumerate(chunk):
        if place in alone:
            continue
        try:
            batch = bodies.read(body, native.schema)
        except Problem:
            continue
        if batch.single:
            (wild if _is_wild(batch.rows[0]) else tame).append((place, batch))
    told = {}
    for group in (tame, wild):
        _ask(native, group, told)
    return told


def _is_wild(row):
    """Whether a model may well refuse it: then it is better asked with its like."""
    if not isinstance(row, list):
        return False
    return any(value is None or isinstance(value, float) and not abs(value) <= FLOAT32_MAX for value in row)


def _ask(native, group, told):
    """A refusal is of the whole group: it is halved until who is refused stands alone."""
    from mlfn_serve.bodies import Batch
    from mlfn_serve.problems import Problem

    if not group:
        return
    if len(group) == 1:
        place, batch = group[0]
        told[place] = _told(native, lambda: batch)
        return
    first = group[0][1]
    try:
        predictions, probabilities = native.predict(Batch([batch.rows[0] for _, batch in group], first.pointer, False))
    except Problem:
        middle = len(group) // 2
        _ask(native, group[:middle], told)
        _ask(native, group[middle:], told)
        return
    for index, (place, _) in enumerate(group):
        chances = None if probabilities is None else [probabilities[index]]
        told[place] = ("answered", [predictions[index]], chances)


def _told(model, batch):
    from mlfn_serve.problems import Problem

    try:
        return ("answered", *model.predict(batch()))
    except Problem as problem:
        return "refused", problem.status, problem.kind, problem.detail, problem.errors


def warm(model, bodies):
    """Microseconds for the first body, reading it included; the least of some, as anything else is the machine's noise."""
    from mlfn_serve.bodies import read

    if not bodies:
        return None
    best = None
    for _ in range(TRIES):
        begun = perf_counter_ns()
        try:
            model.predict(read(bodies[0], model.schema))
        except Exception:
            return None
        spent = (perf_counter_ns() - begun) / 1000
        best = spent if best is None else min(best, spent)
    return best
