"""From checked rows to what the estimator is called with. Column types come from the schema, never from the values."""


def inputs(rows, schema):
    """Yields (positions, X): one X for all rows, or, where columns of unknown type exist, one per kind of content.

    Rows are grouped by what they hold in the unknown columns, so that a record's answer never depends on its company.
    """
    if schema.shape in ("text", "mapping"):
        yield None, rows
    elif schema.shape == "open":
        for positions, group in _groups(rows, _open_signature):
            yield positions, _open(group)
    elif schema.shape == "row":
        yield None, _array(rows, schema)
    elif not schema.loose or not schema.frame:
        yield None, _frame(rows, schema) if schema.frame else _array(rows, schema)
    else:
        for positions, group in _groups(rows, lambda row: tuple(_kind(row[index]) for index in schema.loose)):
            yield positions, _frame(group, schema)


def _groups(rows, signature):
    groups = {}
    for position, row in enumerate(rows):
        groups.setdefault(signature(row), []).append(position)
    for positions in groups.values():
        yield (None if len(groups) == 1 else positions), [rows[position] for position in positions]


def _kind(value):
    if value is None or value != value:
        return "missing"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


_DTYPES = {"missing": "float64", "boolean": "bool", "number": "float64", "string": "object"}


def _array(rows, schema):
    import numpy

    return numpy.array(rows, dtype="float64" if schema.floats else "object")


def _frame(rows, schema):
    import numpy
    import pandas

    fields = schema.fields
    if schema.floats:
        return pandas.DataFrame(numpy.array(rows, dtype="float64"), columns=list(schema.by_name))
    columns = {}
    for index, field in enumerate(fields):
        values = [row[index] for row in rows]
        if field.levels:
            levels, dtype = field.levels
            columns[field.name] = pandas.Categorical(values, pandas.Index(levels, dtype=dtype))
            continue
        if field.kind in ("number", "ignored") and not field.objects:
            dtype = "float64"
        else:
            dtype = _DTYPES[_kind(values[0])] if field.kind == "any" else "object"
        column = numpy.array(values, dtype=dtype)
        # pandas 3 would make strings of objects by itself, and NaN of None.
        columns[field.name] = pandas.Series(column, dtype="object", copy=False) if dtype == "object" else column
    return pandas.DataFrame(columns, copy=False)


def _open_signature(record):
    if isinstance(record, dict):
        return tuple(record), tuple(_kind(value) for value in record.values())
    if isinstance(record, list):
        return len(record), all(_kind(value) in ("number", "missing", "boolean") for value in record)
    return "text"


def _open(records):
    first = records[0]
    if isinstance(first, str):
        return records
    try:
        import numpy
    except ImportError:  # a model of no framework, which does without it
        return records

    if isinstance(first, list):
        rows = [[float("nan") if value is None else value for value in record] for record in records]
        numbers = all(not isinstance(value, str) for row in rows for value in row)
        return numpy.array(rows, dtype="float64" if numbers else "object")
    try:
        import pandas
    except ImportError:
        return records

    columns = {}
    for name in first:
        values = [float("nan") if record[name] is None else record[name] for record in records]
        columns[name] = numpy.array(values, dtype=_DTYPES[_kind(first[name])])
    return pandas.DataFrame(columns)
