"""CSV (RFC 4180; also by semicolons or tabs). Types come from the model's schema, never from the other rows."""

import csv

from .broken import Broken, rows_of_block
from .lines import Lines

# Among the fewest columns that are no accident; a comma is what the name says.
DELIMITERS = ",;\t"
MISSING = frozenset(["", "nan", "na", "n/a", "null", "none", "<na>"])
BOOLEANS = {"true": True, "false": False}


def csv_rows(file, header, schema):
    """Yields (records where there is a header, rows where not; their lines)."""
    lines = Lines(file)
    first = next((line for line in lines if line.strip("\r\n")), None)
    if first is None:
        return
    start = lines.number
    delimiter = max(DELIMITERS, key=first.count) if schema.shape != "text" else ","
    reader = csv.reader(_chain(first, lines), delimiter=delimiter, strict=True)
    row = _next(reader, lines)
    if header is None:
        header = _is_header(row, schema)
    if header:
        names, row = row, []
        # An index that pandas wrote has no name.
        skipped = int(names[0] == "" and "" not in schema.by_name)
        names = names[skipped:]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise Broken(f'the header has "{twice}" twice', start)
    else:
        names, skipped = None, 0
    width = len(row) if names is None else len(names)
    cells = _cells(names, width, schema)
    block, places, most, count = [], [], min(rows_of_block(width), 10_000), 0
    while row is not None:
        if row:
            if len(row) != width + skipped:
                raise Broken(f"expected {width + skipped} values, got {len(row)}", lines.number, count)
            values = cells(row[skipped:])
            block.append(values if names is None else dict(zip(names, values)))
            places.append(lines.number)
            count += 1
            if len(block) == most:
                yield block, places
                block, places = [], []
        row = _next(reader, lines)
    yield block, places


def _chain(first, lines):
    yield first
    yield from lines


def _next(reader, lines):
    try:
        return next(reader, None)
    except csv.Error as error:
        raise Broken(str(error), lines.number) from None


def _is_header(row, schema):
    """Whether the first row is names: the model's own, the positions that pandas writes, or no numbers where the model takes
    nothing else."""
    if schema.shape == "record":
        return any(cell in schema.by_name for cell in row)
    if schema.shape == "row":
        if row == [str(index) for index in range(len(row))] and len(row) > 1:
            return True
        return any(field.kind == "number" and isinstance(_number(cell), str) for field, cell in zip(schema.fields, row))
    return schema.shape in ("mapping", "open")


def _cells(names, width, schema):
    """The function that makes values of a row of text."""
    if schema.shape == "text":
        return lambda row: row
    if schema.shape == "record" and names is not None:
        fields = [schema.by_name.get(name) for name in names]
    elif schema.fields:
        fields = [*schema.fields, *[None] * width][:width]
    else:
        fields = [None] * width
    casts = [_text if field is None and schema.fields else _CASTS[field.kind if field else "any"](field) for field in fields]

    def slowly(row):
        return [cast(cell) for cast, cell in zip(casts, row)]

    if not schema.numeric or None in fields:
        return slowly

    def quickly(row):
        """A row of nothing but finite numbers, which most are."""
        try:
            values = list(map(float, row))
        except ValueError:
            return slowly(row)
        total = sum(values)
        return values if total - total == 0 and "_" not in "".join(row) else slowly(row)

    return quickly


def _number(cell):
    """A float, None for a missing value, a boolean; the text itself where it is none of them."""
    text = cell.strip()
    lower = text.lower()
    if lower in MISSING:
        return None
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass
    return BOOLEANS.get(lower, cell)


def _any(_field):
    return _like_json


def _like_json(cell):
    """Where the model does not tell: a number where it reads as one."""
    text = cell.strip()
    if text.isascii() and text.lstrip("+-").isdigit() and len(text) < 16:
        return int(text)
    return _number(cell)


def _text(cell):
    return cell if cell != "" else None


def _category(field):
    """The type of the categories: a text that looks like a number is one only where they are numbers."""
    kinds = {type(value) for value in field.allowed or ()}

    def cast(cell):
        if cell == "" and cell not in (field.allowed or ()):
            return None
        if str in kinds and (kinds == {str} or cell in field.allowed):
            return cell
        value = _number(cell)
        return value if value is not None and type(value) in (kinds | {float} if int in kinds else kinds) else cell

    return cast


_CASTS = {
    "number": lambda field: _number,
    "category": _category,
    "any": _any,
    "string": lambda field: _text,
    "label": lambda field: _text,
    "ignored": lambda field: _text,
}
