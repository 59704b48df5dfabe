"""One record against the schema: each checker returns what the model is given and adds what does not fit to `errors`.

An error is a dict with expected, got, and where they are known field and `at` (a key or position inside the record).
"""

from .problems import shown

_INFINITY = float("inf")
_NUMBERS = frozenset([int, float])


def check(record, schema, errors):
    """The record's values in field order (text, mapping and open records as they are)."""
    return schema.check(record, errors) if hasattr(schema, "check") else _CHECKERS[schema.shape](record, schema, errors)


def _named(record, schema, errors):
    if not isinstance(record, dict):
        errors.append({"expected": wanted(schema), "got": shown(record)})
        return None
    if schema.underscored:
        record = _underscored(record, schema)
    if schema.numeric and record.keys() == schema.by_name.keys():
        row = [record[name] for name in schema.by_name]
        if _all_numbers(row):
            return row
    row = []
    found = 0
    for field in schema.fields:
        name = field.name
        if name in record:
            found += 1
            row.append(_value(field, record[name], errors))
        elif field.kind == "ignored":
            row.append(field.missing)
        else:
            errors.append({"field": name, "at": name, "expected": field.expected(), "got": "nothing"})
    if found != len(record):
        for name in record:
            if name not in schema.by_name:
                known = _nearest(name, schema)
                errors.append({"field": name, "at": name, "expected": known, "got": "an unknown field"})
    return row


def _underscored(record, schema):
    """The record by the names that LightGBM made of the columns' own: `my age` is `my_age` there."""
    renamed = {name if name in schema.by_name else name.replace(" ", "_"): value for name, value in record.items()}
    return renamed if len(renamed) == len(record) else record


def _nearest(name, schema):
    import difflib

    near = difflib.get_close_matches(name.lower(), [known.lower() for known in schema.by_name], 1, 0.6)
    if near:
        return next(f'"{known}"' for known in schema.by_name if known.lower() == near[0])
    names = list(schema.by_name)
    return "only " + ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _positional(record, schema, errors):
    count = len(schema.fields)
    if not isinstance(record, list):
        expected = f"a list of {count} values (the model knows no feature names)"
        errors.append({"expected": expected, "got": shown(record)})
        return None
    if len(record) != count:
        errors.append({"expected": f"a list of {count} values", "got": f"a list of {len(record)}"})
        return None
    if schema.numeric and _all_numbers(record):
        return record
    return [_value(field, value, errors) for field, value in zip(schema.fields, record)]


def _all_numbers(values):
    """The quick way through big batches: true when every value is a finite number, and nothing else about it."""
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    try:
        total = sum(values, 0.0)
    except OverflowError:
        return False
    return total - total == 0


def _text(record, schema, errors):
    if not isinstance(record, str):
        errors.append({"expected": "a string", "got": shown(record)})
    return record


def _mapping(record, schema, errors):
    if not isinstance(record, dict):
        errors.append({"expected": "an object", "got": shown(record)})
        return record
    for name, value in record.items():
        if not isinstance(value, (str, int, float)) or value != value:
            errors.append({"field": name, "at": name, "expected": "a number or a string", "got": shown(value)})
    return record


def _open(record, schema, errors):
    if not isinstance(record, (dict, list, str)):
        errors.append({"expected": "an object, a list or a string", "got": shown(record)})
        return record
    values = record.items() if isinstance(record, dict) else enumerate(record if isinstance(record, list) else ())
    for name, value in values:
        if isinstance(value, (list, dict)):
            expected = "a number, a string, true, false or null"
        elif isinstance(value, (int, float)) and not abs(value) < 2**1023:
            expected = "a finite 64-bit number"
        else:
            continue
        errors.append({"field": str(name), "at": name, "expected": expected, "got": shown(value)})
    return record


def _value(field, value, errors):
    """A JSON value as the model saw its like in training; what does not fit is added to `errors`."""
    kind = field.kind
    if value is None:
        if field.nullable is False and (field.allowed is not None or field.kind == "label"):
            return _refuse(field, value, errors)
        return field.missing
    if hasattr(value, "item"):  # a numpy scalar, from a hook
        value = value.item()
    if kind == "number":
        if type(value) is bool and (field.allowed is None or set(field.allowed) <= {0, 1}):
            return float(value)  # a column of booleans is one of numbers to scikit-learn
        if type(value) is not float and type(value) is not int:
            return _refuse(field, value, errors)
        try:
            number = float(value)
        except OverflowError:
            number = _INFINITY
        if number - number != 0:
            return _refuse(field, value, errors, "a finite 64-bit number")
        if field.closed and not field.knows(number):
            return _refuse(field, value, errors)
        return number
    if kind == "category":
        if not isinstance(value, (str, int, float)) or not field.takes_type_of(value):
            return _refuse(field, value, errors)
        if field.closed and not field.knows(value):
            return _refuse(field, value, errors)
        return value
    if kind == "label":
        return _label(field, value, errors)
    if kind == "string":
        return value if isinstance(value, str) else _refuse(field, value, errors)
    if kind == "any":
        if isinstance(value, (str, bool)):
            return value
        if isinstance(value, (int, float)) and abs(value) < 2**1023:
            return float(value)
        return _refuse(field, value, errors)
    return field.missing  # the model drops this column


def _label(field, value, errors):
    """What CatBoost takes as a category: it compares texts, and 20.0 is not the text that 20 was."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (str, bool)) or isinstance(value, int) and abs(value) < 2**63:
        return value
    return _refuse(field, value, errors)


def _refuse(field, value, errors, expected=None):
    name = field.name
    errors.append({"field": name, "at": name, "expected": expected or field.expected(), "got": shown(value)})


def wanted(schema):
    if schema.shape == "record":
        names = [f'"{field.name}"' for field in schema.fields if field.kind != "ignored"]
        return "an object with " + ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    if schema.shape == "row":
        return f"a list of {len(schema.fields)} values"
    return {"text": "a string", "mapping": "an object", "open": "an object or a list"}[schema.shape]


_CHECKERS = {"record": _named, "row": _positional, "text": _text, "mapping": _mapping, "open": _open}
