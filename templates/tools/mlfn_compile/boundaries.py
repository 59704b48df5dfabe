"""Requests on both sides of where the model's answer changes: found by asking it, halfway between two others."""

import random

PAIRS = 48
HALVINGS = 60
LARGE = 1e300


def boundaries(native, requests=()):
    """Bodies in pairs, so near to each other that only rounding lies between; none where answers are numbers."""
    from .probes import as_body, likely_rows

    schema = native.schema
    if schema.shape not in ("record", "row") or not any(map(moves, schema.fields)):
        return []
    chance = random.Random(1)
    rows = [row for row in likely_rows(schema, list(requests), chance) if all(map(_fits, row, schema.fields))]
    near = [chance.choice(rows) for _ in range(4 * PAIRS)] if rows else []
    far = [_moved(row, chance.choice(rows), schema.fields) for row in near]
    told = _labels(native, near + far)
    pairs = [
        (one, other, label)
        for one, other, label, beyond in zip(near, far, told, told[len(near) :])
        if label is not None and beyond is not None and label != beyond
    ][:PAIRS]
    for _ in range(HALVINGS):
        middles = [_middle(one, other, schema.fields) for one, other, _ in pairs]
        told = _labels(native, middles)
        pairs = [
            (middle, other, label) if found == label else (one, middle, label)
            for (one, other, label), middle, found in zip(pairs, middles, told)
        ]
    return [as_body(row, schema) for one, other, _ in pairs for row in (one, other)]


def moves(field):
    return field.kind == "number" and not field.closed and not field.levels and not field.objects


def _fits(value, field):
    return value is not None and not (moves(field) and not (type(value) in (int, float) and abs(value) < LARGE))


def _moved(row, other, fields):
    """The row with another's numbers: what is no number stays."""
    return [far if moves(field) else near for near, far, field in zip(row, other, fields)]


def _middle(one, other, fields):
    return [near + (far - near) / 2 if moves(field) else near for near, far, field in zip(one, other, fields)]


def _labels(native, rows):
    """What the model predicts of each row, without numbers that are no labels; None where it refuses."""
    from mlfn_serve import bodies
    from mlfn_serve.problems import Problem

    from .probes import as_body

    if not rows:
        return []
    try:
        told, _ = native.predict(bodies.read([as_body(row, native.schema) for row in rows], native.schema))
        return told if native.classes is not None else [_without_numbers(each) for each in told]
    except Problem:
        return [None] * len(rows) if len(rows) == 1 else [each for row in rows for each in _labels(native, [row])]


def _without_numbers(told):
    if isinstance(told, (list, tuple)):
        return [_without_numbers(each) for each in told]
    return "a number" if type(told) is float else told
