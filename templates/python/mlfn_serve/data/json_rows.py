"""JSON lines, and JSON in every shape that may be posted."""

from ..jsontext import loads
from ..problems import Problem
from .broken import Broken, too_large
from .lines import Lines

# What Python makes of JSON takes some eight times the bytes.
SHARE = 8
ROWS = 1000


def json_rows(file, memory):
    """Yields (records or rows, their lines or None)."""
    return _values(file) if _is_lines(file) else _whole(file, memory)


def _is_lines(file):
    """More than one line, the first a value of its own."""
    lines = Lines(file)
    try:
        first = next((line for line in lines if line.strip()), "")
        more = any(line.strip() for line in lines)
        return more and _holds(first)
    except Broken:
        return False
    finally:
        file.seek(0)


def _holds(text):
    try:
        loads(text)
    except Problem:
        return False
    return True


def _values(file):
    lines = Lines(file)
    block, places, count = [], [], 0
    for line in lines:
        if not line.strip():
            continue
        try:
            block.append(loads(line))
        except Problem as problem:
            raise Broken(problem.detail, lines.number, count) from None
        places.append(lines.number)
        count += 1
        if len(block) == ROWS:
            yield block, places
            block, places = [], []
    yield block, places


def _whole(file, memory):
    most = memory // SHARE
    raw = file.read(most + 1)
    if len(raw) > most:
        raise too_large("JSON that is not one value a line, and", len(raw), most)
    try:
        value = loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Broken(f"not UTF-8 at byte {error.start}") from None
    except Problem as problem:
        raise Broken(problem.detail) from None
    yield _records(value), None


def _records(value):
    if isinstance(value, list):
        return value if not value or isinstance(value[0], (list, dict, str)) else [value]
    if isinstance(value, dict) and isinstance(value.get("instances"), list) and value.keys() <= {"instances", "signature_name"}:
        return value["instances"]
    split = value.get("dataframe_split") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(split, dict) and isinstance(split.get("columns"), list) and isinstance(split.get("data"), list):
        names = list(map(str, split["columns"]))
        for index, row in enumerate(split["data"]):
            if not isinstance(row, list) or len(row) != len(names):
                raise Broken(f"expected a list of {len(names)} values", record=index)
        return [dict(zip(names, row)) for row in split["data"]]
    return [value]
