"""A model that is not in the package: fetched to the one folder that is writable, and checked by its digest."""

import hashlib
import os
import tempfile

from .problems import InitError

BLOCK = 1024 * 1024
VARIABLE = "MLFN_MODEL"
SIZE = "MLFN_MODEL_SIZE"


def fetch():
    """The path of the released model, whole and with the right digest: its own name. Raises InitError with one sentence."""
    uri = os.environ.get(VARIABLE, "")
    digest = uri.rpartition("/")[2]
    return fetched(uri, digest, int(os.environ.get(SIZE) or 0), "model")


def fetched(uri, digest, size, path):
    """The path of the model at `uri`; it keeps the last part of `path` as its name. Raises InitError."""
    store = store_of(uri)
    kept = os.path.join(tempfile.gettempdir(), digest[:16] + "-" + os.path.basename(path))
    if not os.path.exists(kept):  # a frozen environment keeps its /tmp
        partial = f"{kept}.{os.getpid()}"
        try:
            store.download(uri, size, partial)
            _check(partial, digest, uri)
            os.replace(partial, kept)
        except OSError as error:
            raise InitError(f"The model {uri} could not be kept in {os.path.dirname(kept)}: {error}.") from error
        finally:
            if os.path.exists(partial):
                os.remove(partial)
    return kept


def loaded(path):
    """Nobody reads it any more: Cloud Run's /tmp is memory (cloud.google.com/run/docs/container-contract#filesystem)."""
    if os.environ.get(VARIABLE, "").startswith("gs://"):
        os.remove(path)


def store_of(uri):
    """The module that reads such URIs: `download(uri, size, path)` and `read(uri, tag)`. Raises InitError."""
    if uri.startswith("s3://"):
        from . import store_s3

        return store_s3
    if uri.startswith("gs://"):
        from . import store_gs

        return store_gs
    if uri.startswith("file://"):
        from . import store_file

        return store_file
    raise InitError(f"The model is not in the package, and {VARIABLE} does not say where it is: {uri!r}.")


def _check(path, digest, uri):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    if found.hexdigest() != digest:
        raise InitError(f"The model {uri} is not the one that was released: its SHA-256 is {found.hexdigest()}.")
