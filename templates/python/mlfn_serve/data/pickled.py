"""joblib and pickle: only where the settings allow it, as loading one runs whatever code it names."""

from ..problems import Problem
from .broken import Broken, too_large
from .tables import array_rows, frame_rows

# It is held whole, and copied block by block.
SHARE = 3


def pickled_rows(file, formats, memory):
    """Yields (rows or records, None) of an array, a sparse matrix, a DataFrame, a Series or a list."""
    if "joblib" not in formats:
        mend = "write it as npy, CSV or Parquet, or allow it with `data: {formats: [joblib]}`"
        raise Problem(415, "unsupported-data", f"The object is a pickle, which can run code when it is read; {mend}.")
    size = file.seek(0, 2)
    file.seek(0)
    if size > memory // SHARE:
        raise too_large("A pickle", size, memory // SHARE)
    return _rows(_loaded(file))


def _loaded(file):
    try:
        import joblib
    except ImportError:
        mend = "deploy with `engine: native` and joblib among the requirements"
        raise Problem(415, "unsupported-data", f"joblib is not in the package; {mend}.") from None
    try:
        return joblib.load(file)
    except MemoryError:
        raise
    except Exception as error:  # it runs what the file names: anything may be raised
        raise Broken(f"the pickle cannot be loaded: {type(error).__name__}: {str(error)[:200]}") from None


def _rows(value):
    if hasattr(value, "iloc"):
        return frame_rows(value if hasattr(value, "columns") else value.to_frame())
    if hasattr(value, "shape") and (hasattr(value, "tolist") or hasattr(value, "tocsr")) and len(value.shape) > 0:
        return array_rows(value)
    if isinstance(value, (list, tuple)):
        return iter([(list(value), None)])
    raise Broken(f"the pickle holds a {type(value).__name__}; an array, a DataFrame or a list is read")
