"""JSON in and out: strict when reading, exact when writing."""

import json

from .problems import Problem


def _object(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise Problem(400, "invalid-json", f'The key "{key}" appears twice in one object.')
            seen.add(key)
    return made


def _constant(literal):
    raise Problem(400, "invalid-json", f"{literal} is not JSON; send null for a missing value.")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def loads(text):
    """The value of a JSON text. Raises Problem 400, for NaN, Infinity and duplicate keys too."""
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(400, "invalid-json", f"{error.msg} at {where}.") from None
    except RecursionError:
        raise Problem(400, "invalid-json", "The JSON is nested too deeply.") from None
    except ValueError:
        # Python 3.11+ (and late 3.9, 3.10) refuse to read integers of more than 4300 digits.
        raise Problem(400, "invalid-json", "A number has too many digits.") from None


class Unserialisable(TypeError):
    """A value that has no JSON form; the message names its type and place."""


def dumps(value):
    """JSON text of an answer: numbers by their shortest exact form, NaN and infinities as null."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # a lone surrogate, which has no UTF-8
            text = json.dumps(plain(value), allow_nan=False)
    return text


def plain(value, place="", depth=0):
    """The same value in JSON's own types. `place` is the JSON pointer so far, for the message."""
    if value is None or isinstance(value, (str, bool)):
        return str(value) if isinstance(value, str) else value
    if depth > 200:
        raise Unserialisable(f"it is nested more than 200 deep or contains itself, at {place[:80] or '/'}")
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else None
    if isinstance(value, dict):
        return {_key(key): plain(item, f"{place}/{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{place}/{index}", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return [plain(item, f"{place}/{index}", depth + 1) for index, item in enumerate(sorted(value, key=repr))]
    if isinstance(value, (bytes, bytearray)):
        return _bytes(bytes(value))
    return _foreign(value, place, depth)


def _key(key):
    if isinstance(key, str):
        return str(key)
    key = plain(key)
    return key if isinstance(key, str) else json.dumps(key)


def _bytes(value):
    try:
        return value.decode()
    except UnicodeDecodeError:
        import base64

        return base64.b64encode(value).decode()


def _times(told):
    return [_times(each) for each in told] if isinstance(told, list) else None if told == "NaT" else told


def _foreign(value, place, depth):
    """Values of other libraries, known by what they can do so that none has to be imported."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in ("M", "m"):  # numpy times: tolist() would give bare integers
        times = value.astype("str") if hasattr(value, "astype") else str(value)
        return _times(times.tolist() if hasattr(times, "tolist") else times)
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "toarray"):
        return plain(value.toarray(), place, depth + 1)
    if hasattr(value, "tolist"):
        listed = value.tolist()
        if type(listed) is type(value):  # numpy.longdouble, for which Python has no type
            listed = float(value)
        return plain(listed, place, depth + 1)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return plain(value.to_dict("records"), place, depth + 1)
    if type(value).__name__ == "Decimal":
        if not value.is_finite():
            return None
        return int(value) if value == value.to_integral_value() else float(value)
    if type(value).__name__ == "UUID":
        return str(value)
    raise Unserialisable(f"{type(value).__module__}.{type(value).__qualname__} at {place or '/'}")
