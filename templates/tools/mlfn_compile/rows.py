"""A user's own rows as bodies: a CSV file with a header, a JSON list, or a JSON value on each line."""

import csv
import json
import os

MISSING = frozenset(["", "na", "n/a", "nan", "null", "none", "<na>"])  # as pandas reads them
FLAGS = {"true": True, "false": False}
DELIMITERS = ",;\t|"


class UnreadableRows(Exception):
    """The message is a sentence for the user."""


def read_rows(path, schema):
    """(bodies of one record each, the columns that the model does not take). Raises UnreadableRows."""
    name = os.path.basename(path)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableRows(f"{name} could not be read: {error}") from error
    ending = os.path.splitext(path)[1].lower()
    records = _json(text, name, ending) if ending in (".json", ".jsonl", ".ndjson") else _csv(text, name, schema)
    if not records:
        raise UnreadableRows(f"{name} holds no rows.")
    return _known(records, schema)


def _json(text, name, ending):
    try:
        if ending == ".json":
            value = json.loads(text)
            if isinstance(value, dict) and isinstance(value.get("instances"), list):
                value = value["instances"]
            return value if isinstance(value, list) else [value]
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise UnreadableRows(f"{name} is not valid JSON: {error}") from error


def _csv(text, name, schema):
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        header, *lines = csv.reader(text.splitlines(True), delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise UnreadableRows(f"{name} is not a CSV file with a header: {error}") from error
    header = [column.strip() for column in header]
    lines = [line for line in lines if line]
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise UnreadableRows(f"{name}, row {number}: {len(line)} values where the header has {len(header)}.")
    if schema.shape == "text":
        place = _column_of_text(header, name)
        return [line[place] for line in lines]
    fields = _fields(header, name, schema)
    made = [[_value(text, field) for text, field in zip(line, fields)] for line in lines]
    if schema.shape == "row":
        return made
    records = [dict(zip(header, line)) for line in made]
    if schema.shape == "mapping":  # an empty cell is a key that is not there
        return [{key: value for key, value in record.items() if value is not None} for record in records]
    return records


def _column_of_text(header, name):
    if len(header) == 1:
        return 0
    if "text" not in header:
        raise UnreadableRows(f'{name} has {len(header)} columns; the model takes one text: name its column "text".')
    return header.index("text")


def _fields(header, name, schema):
    """The field of each column, or None."""
    if schema.shape == "row":
        if len(header) != len(schema.fields):
            raise UnreadableRows(f"{name} has {len(header)} columns; the model takes {len(schema.fields)}, in its order.")
        return schema.fields
    if schema.shape == "record":
        lacking = [field.name for field in schema.fields if field.kind != "ignored" and field.name not in header]
        if lacking:
            raise UnreadableRows(f"{name} has no column {', '.join(lacking[:5])}.")
    return [schema.by_name.get(column) for column in header]


def _value(text, field):
    """A cell as the JSON value that a client sends: by what the column holds, never by what others of it hold."""
    if text.strip().lower() in MISSING:
        return None
    if field is None or field.kind == "any":
        return _number(text)
    if field.kind == "string":
        return text
    if field.kind == "label" or field.kind == "category" and any(type(known) in (int, float) for known in field.allowed or ()):
        return text if text in (field.allowed or ()) else _number(text)
    if field.kind == "category":
        known = any(type(known) is bool for known in field.allowed)
        return FLAGS.get(text.strip().lower(), text) if known else text
    return FLAGS.get(text.strip().lower(), _number(text))


def _number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _known(records, schema):
    """Without the columns that the model does not take: often what it is to predict."""
    if schema.shape != "record":
        return records, []
    names = {field.name for field in schema.fields}
    ignored = list(dict.fromkeys(key for record in records if isinstance(record, dict) for key in record if key not in names))
    kept = [
        {key: value for key, value in record.items() if key in names} if isinstance(record, dict) else record
        for record in records
    ]
    return kept, ignored
