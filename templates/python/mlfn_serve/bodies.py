"""From a JSON body in any of its shapes to checked rows: a record, a list, `instances`, `dataframe_split`."""

from .problems import invalid, shown
from .records import check, wanted

ALL = 200  # errors are collected up to here, then reading stops


class Batch:
    """Checked rows in the order they came, and `pointer(row, name)`: the JSON pointer (RFC 6901) of a value;
    `single` when the body was one record and no list."""

    __slots__ = ("rows", "pointer", "single")

    def __init__(self, rows, pointer, single):
        self.rows = rows
        self.pointer = pointer
        self.single = single


def read(body, schema):
    """The Batch of a body in any shape. Raises the 422 that names the field, what was expected, and what came."""
    if isinstance(body, dict):
        if _means("instances", list, body, schema):
            return _instances(body, schema)
        if _means("dataframe_split", dict, body, schema):
            return _split(body["dataframe_split"], schema)
        return _one(body, schema)
    if isinstance(body, str) and schema.shape in ("text", "open"):
        return _one(body, schema)
    if isinstance(body, list):
        return _one(body, schema) if _is_one_row(body, schema) else batch(body, schema, at(""))
    raise invalid([{"pointer": "", "expected": wanted(schema), "got": shown(body)}])


def _means(key, kind, body, schema):
    """Whether a body is of the shape that `key` stands for. Where it may be a column as well, the value tells: a record
    holds no lists and no objects."""
    if key not in body:
        return False
    may_be_column = key in schema.by_name if schema.shape == "record" else schema.shape in ("mapping", "open")
    return not may_be_column or (isinstance(body[key], kind) and body.keys() <= {key, "signature_name"})


def at(root):
    """The pointer function of a list of records at `root`."""
    return lambda row, name: f"{root}/{row}{below(name)}"


def below(name):
    """The rest of a pointer: a field's name, or the places on the way to a value."""
    return "".join("/" + escape(str(each)) for each in (name if isinstance(name, tuple) else () if name is None else (name,)))


def escape(name):
    """One token of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def batch(records, schema, pointer, single=False):
    """Checks every record. Raises the 422 that tells all that does not fit."""
    if not records:
        raise invalid([{"pointer": "", "expected": "at least one record", "got": "an empty list"}])
    errors = []
    rows = []
    for index, record in enumerate(records):
        before = len(errors)
        rows.append(check(record, schema, errors))
        for error in errors[before:]:
            error["pointer"] = pointer(index, error.pop("at", None))
            if not single:
                error["record"] = index
        if len(errors) > ALL:
            break
    if errors:
        raise invalid(errors)
    return Batch(rows, pointer, single)


def _one(record, schema):
    return batch([record], schema, lambda row, name: below(name), single=True)


def _is_one_row(body, schema):
    depth = getattr(schema, "depth", None)
    if depth is not None and schema.shape == "tensor":
        return depth == _depth(body)
    if schema.shape not in ("row", "open") or any(isinstance(each, (list, dict)) for each in body):
        return False
    return schema.shape == "row" or (bool(body) and not any(isinstance(each, str) for each in body))


def _depth(value):
    depth = 0
    while isinstance(value, list):
        depth, value = depth + 1, value[0] if value else None
    return depth


def _instances(body, schema):
    extra = [key for key in body if key not in ("instances", "signature_name")]
    if extra:
        error = {"field": extra[0], "expected": "instances alone", "got": "another key"}
        raise invalid([{**error, "pointer": "/" + escape(extra[0])}])
    return batch(_list(body["instances"], "/instances"), schema, at("/instances"))


def _split(split, schema):
    """pandas' own `split` orientation: columns, data, and an index that changes nothing."""
    place = "/dataframe_split"
    if not isinstance(split, dict):
        raise invalid([{"pointer": place, "expected": "an object with columns and data", "got": shown(split)}])
    data = _list(split.get("data"), f"{place}/data")
    for index, row in enumerate(data):
        _list(row, f"{place}/data/{index}")
    if schema.shape == "row" or (schema.shape == "open" and not _has_pandas()):
        return batch(data, schema, at(f"{place}/data"))
    names = [str(name) for name in _list(split.get("columns"), f"{place}/columns")]
    for name in names:
        if names.count(name) > 1:
            error = {"field": name, "pointer": f"{place}/columns", "got": f'"{name}" twice'}
            raise invalid([{**error, "expected": "each column once"}])
    for index, row in enumerate(data):
        if len(row) != len(names):
            error = {"record": index, "pointer": f"{place}/data/{index}", "got": shown(row)}
            raise invalid([{**error, "expected": f"a list of {len(names)} values"}])
    places = {name: index for index, name in enumerate(names)}
    if schema.shape == "text":
        return batch([row[0] for row in data] if len(names) == 1 else data, schema, at(f"{place}/data"))

    def pointer(row, name):
        return f"{place}/data/{row}/{places[name]}" if name in places else f"{place}/columns"

    return batch([dict(zip(names, row)) for row in data], schema, pointer)


def _has_pandas():
    """Whether a model that tells no columns can be given a table with names: one without it was fitted on rows."""
    from importlib.util import find_spec

    return find_spec("pandas") is not None


def _list(value, pointer):
    if not isinstance(value, list):
        raise invalid([{"pointer": pointer, "expected": "a list", "got": shown(value)}])
    return value
