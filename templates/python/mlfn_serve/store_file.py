"""Files of this machine, as the local target keeps them."""

import hashlib
import os
import shutil

from .problems import InitError


def download(uri, size, path):
    """Copies the file to `path`. Raises InitError and OSError."""
    source = _path(uri)
    if not os.path.isfile(source):
        raise InitError(f"The model {uri} is not there.")
    shutil.copyfile(source, path)


def read(uri, tag):
    """(bytes, tag) of a small file, or None while it is still the one of `tag`. Raises InitError."""
    try:
        with open(_path(uri), "rb") as file:
            content = file.read()
    except OSError as error:
        raise InitError(f"{uri} could not be read: {error}") from error
    found = hashlib.sha256(content).hexdigest()
    return None if found == tag else (content, found)


def _path(uri):
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(uri).path)
