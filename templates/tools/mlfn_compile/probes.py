"""Requests made from the model itself: what it knows, what it does not, and the edges of both."""

NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, -1e-308, 1e-12, 1e12, -1e12, 1e300, -1e300, 3.5e38)
LEAST = 200


def probes(schema, requests):
    """Bodies of one record each. The first are those that a model answers, the others it may refuse."""
    if schema.shape not in ("record", "row"):
        return list(requests)
    base = [_example(field) for field in schema.fields]
    rows = [base]
    for index, field in enumerate(schema.fields):
        for value in _values(field):
            rows.append([*base[:index], value, *base[index + 1 :]])
    import random

    chance = random.Random(0)
    for _ in range(LEAST):
        rows.append([chance.choice(_likely(field, chance)) for field in schema.fields])
    return [*requests, *(_body(row, schema) for row in rows)]


def _body(row, schema):
    if schema.shape == "row":
        return row
    return {field.name: value for field, value in zip(schema.fields, row) if field.kind != "ignored"}


def _example(field):
    return field.example if field.example is not None else 0.0 if field.kind == "number" else "a"


def _likely(field, chance):
    if field.allowed:
        return field.allowed
    return (
        [chance.gauss(0, 1), chance.gauss(0, 30), float(chance.randrange(-5, 200))]
        if field.kind == "number"
        else [_example(field)]
    )


def _values(field):
    known = list(field.allowed or ())
    return [*known, *NUMBERS, None, "", "1", "unheard of", True, 1, 10**400]
