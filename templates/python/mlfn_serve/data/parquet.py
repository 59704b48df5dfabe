"""Parquet, where what reads it is in the package: pyarrow, else fastparquet."""

from ..problems import Problem
from .broken import Broken, rows_of_block
from .tables import frame_rows, plain_values

MEND = "name pyarrow in the requirements and deploy with `engine: native`, or write the object as CSV or JSON lines"


def parquet_rows(file, memory):
    """Yields (records, None), a part of a row group at a time."""
    try:
        from pyarrow import parquet
    except ImportError:
        return _by_fastparquet(file)
    return _by_pyarrow(file, parquet)


def _by_pyarrow(file, parquet):
    from pyarrow import ArrowException

    count = 0
    try:
        opened = parquet.ParquetFile(file)
        names = opened.schema_arrow.names
        for batch in opened.iter_batches(batch_size=min(rows_of_block(len(names)), 10_000)):
            columns = [plain_values(column) for column in batch.to_pydict().values()]
            yield [dict(zip(names, row)) for row in zip(*columns)], None
            count += len(batch)
    except (ArrowException, OSError) as error:
        raise Broken(f"the Parquet file cannot be read: {str(error)[:200]}", record=count or None) from None


def _by_fastparquet(file):
    try:
        from fastparquet import ParquetFile
    except ImportError:
        raise Problem(415, "unsupported-data", f"Parquet needs pyarrow or fastparquet in the package; {MEND}.") from None
    try:
        opened = ParquetFile(file)
    except Exception as error:  # whatever is wrong with the bytes, it raises errors of many kinds
        raise Broken(f"the Parquet file cannot be read: {type(error).__name__}") from None
    for frame in opened.iter_row_groups():
        yield from frame_rows(frame)
