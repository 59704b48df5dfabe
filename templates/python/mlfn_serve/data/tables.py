"""Arrays and tables of Python's libraries as rows of JSON's own values."""

from .broken import rows_of_block


def frame_rows(frame):
    """Yields (records, None) of a pandas DataFrame."""
    names = [str(name) for name in frame.columns]
    most = rows_of_block(len(names))
    for start in range(0, len(frame), most):
        part = frame.iloc[start : start + most]
        columns = [plain_values(part.iloc[:, index].tolist()) for index in range(len(names))]
        yield [dict(zip(names, row)) for row in zip(*columns)], None


def array_rows(array):
    """Yields (rows, None) of a NumPy array, or of a sparse matrix; of one axis, one value each."""
    sparse = not hasattr(array, "tolist")
    if sparse:
        array = array.tocsr()
    elif len(array.shape) != 2:
        array = array.reshape(array.shape[0], -1)
    most = rows_of_block(array.shape[1])
    for start in range(0, array.shape[0], most):
        part = array[start : start + most]
        rows = part.toarray() if sparse else part
        yield [plain_values(row) for row in rows.tolist()], None


def plain_values(values):
    """Missing ones are null, as in JSON: NaN, NaT, pandas' NA."""
    return [None if _is_missing(value) else value for value in values]


def _is_missing(value):
    if value is None:
        return True
    if isinstance(value, (list, dict, str)):
        return False
    differs = value != value
    return differs is True or type(differs).__name__ == "NAType"
