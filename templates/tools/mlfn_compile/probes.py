"""Requests made from the model itself: what it knows, what it does not, and the edges of both.

The order is that of weight: what a user sends, rows of likely values, one edge at a time, and the shapes of a body.
"""

import random

from .boundaries import boundaries
from .mappings import mappings
from .texts import texts

NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 7.0, 1e-12, 1e12, -1e12),
    *(5e-324, -5e-324, 2.2250738585072014e-308, -1e-308, 1e-45, 1.1754943508222875e-38),  # denormal, as float64 and as float32
    *(16777217.0, 9007199254740993.0, 1 + 2**-24, 1 - 2**-25, 0.1),  # what float32 rounds
    *(3.4028234663852886e38, 3.4028235677973366e38, 3.5e38, -3.5e38, 1e300, -1e300, 1.7976931348623157e308),
    *(2**31, 2**53 + 1, -(2**63), 2**64, 10**400),
)
ODD = (None, "", "1", "0.5", "nan", "unheard of", " a", True, False, [], [1.0], {}, {"a": 1})
LIKELY = 300
# One at a time, all columns together; more are a sample.
EDGES = 4000
CATEGORIES = 4000


def every_probe(native, requests):
    """Those of `probes`, and both sides of where the answer changes."""
    return [*probes(native.schema, requests, native.estimator), *boundaries(native, requests)]


def probes(schema, requests, estimator=None):
    """Bodies. `estimator` tells words and keys where the schema does not."""
    chance = random.Random(0)
    made = list(requests)
    if schema.shape in ("record", "row"):
        rows = likely_rows(schema, requests, chance)
        made += [as_body(row, schema) for row in rows]
        made += _edges(schema, rows, estimator, chance)
        made += _shapes(schema, rows)
    elif schema.shape == "text":
        made += texts(estimator, chance)
    elif schema.shape == "mapping":
        made += mappings(estimator, chance)
    return made


def likely_rows(schema, requests, chance):
    """Rows, lists of one value for each field, of what the columns may well hold; the first is of examples."""
    seen = _seen(schema, requests)
    pools = [[*_known(field), *seen.get(field.name, ())] for field in schema.fields]
    rows = [[_example(field, pool) for field, pool in zip(schema.fields, pools)]]
    for _ in range(LIKELY):
        rows.append([_draw(field, pool, chance) for field, pool in zip(schema.fields, pools)])
    return rows


def _seen(schema, requests):
    """{field's name: values} of the requests that are records, or lists of them."""
    found = {}
    for request in requests:
        for record in request if isinstance(request, list) and request and isinstance(request[0], (list, dict)) else [request]:
            if isinstance(record, list) and schema.shape == "row" and len(record) == len(schema.fields):
                record = {field.name: value for field, value in zip(schema.fields, record)}
            for name, value in record.items() if isinstance(record, dict) else ():
                if isinstance(value, (str, int, float)):
                    found.setdefault(name, []).append(value)
    return found


def _known(field):
    return list(field.allowed or ())


def _example(field, pool):
    if field.example is not None:
        return field.example
    return pool[0] if pool else 0.5 if field.kind in ("number", "ignored") else "a"


def _draw(field, pool, chance):
    if field.nullable and chance.random() < 0.1:
        return None
    if field.allowed and (field.closed or chance.random() < 0.9):
        return chance.choice(field.allowed)
    if field.kind != "number":
        return chance.choice(pool) if pool and chance.random() < 0.9 else "unheard of"
    if pool and chance.random() < 0.3:
        return chance.choice(pool)
    scale = abs(field.example or 0) or 1.0
    return chance.choice(
        (
            chance.gauss(0, 1),
            chance.gauss(0, 30),
            float(chance.randrange(-5, 200)),
            float(chance.randrange(0, 5)),
            (field.example or 0) + scale * chance.gauss(0, 1),
            scale * chance.uniform(0, 2),
        )
    )


def _edges(schema, rows, estimator, chance):
    """One value at a time in a row of examples, or in a likely one."""
    known, others = [], []
    for index, field in enumerate(schema.fields):
        known += [(index, value) for value in _known(field)]
        others += [(index, value) for value in _odd_values(field, estimator, chance)]
    made = []
    for places, most in ((known, CATEGORIES), (others, EDGES)):
        for number, (index, value) in enumerate(places if len(places) <= most else chance.sample(places, most)):
            base = rows[0] if number % 2 else rows[number % len(rows)]
            made.append(as_body([*base[:index], value, *base[index + 1 :]], schema))
    return made


def _odd_values(field, estimator, chance):
    values = [*NUMBERS, *ODD]
    for known in _known(field)[:40]:
        values.append(str(known))
        if isinstance(known, str):
            values += [known.upper(), known + " ", known[:-1]]
            if known.lstrip("-").isdigit():
                values.append(int(known))
        else:
            values += [known + 0.5, known * (1 + 2**-52), float(known), bool(known)]
    if field.kind == "number" and field.example:
        values += [field.example, -field.example, field.example * 1e6, str(field.example), int(field.example)]
    if field.kind == "string":
        values += texts(estimator, chance)
    return values


def _shapes(schema, rows):
    """Several records in one body, in every shape; fields too many and too few; what is no record at all."""
    bodies = [as_body(row, schema) for row in rows[:40]]
    odd = [*bodies[:2], as_body([None] * len(schema.fields), schema), bodies[3]]
    made = [bodies[:1], bodies[:2], bodies, {"instances": bodies[:5]}, {"instances": bodies[:1]}, odd, {"instances": odd}, []]
    names = [field.name for field in schema.fields]
    made.append({"dataframe_split": {"columns": names, "data": rows[:6]}})
    made.append({"dataframe_split": {"columns": names[::-1], "data": [row[::-1] for row in rows[:3]]}})
    made += ["a text", 1, None, [[]], [{}], {}, {"instances": []}, {"instances": 1}]
    if schema.shape == "record":
        first = bodies[0]
        for name in list(first)[:50]:
            made.append({key: value for key, value in first.items() if key != name})
            made.append({(key.upper() if key == name else key): value for key, value in first.items()})
        return [*made, {**first, "unheard of": 1}, dict(reversed(list(first.items()))), rows[0]]
    return [*made, bodies[0][:-1], [*bodies[0], 1.0], dict(zip(names, rows[0]))]


def as_body(row, schema):
    if schema.shape == "row":
        return row
    return {field.name: value for field, value in zip(schema.fields, row) if field.kind != "ignored"}
