"""Objects as files: asked for their size first, then copied to the one folder that is writable, or opened where they lie."""

import contextlib
import errno
import os
import shutil
import tempfile

from ..problems import Problem


class Objects:
    """`memory` is in bytes: where /tmp is memory (Cloud Run), half of it may hold an object."""

    def __init__(self, memory):
        self.memory = memory

    def stat(self, place):
        """Size and tag of an object. Raises Problem."""
        found = _store(place).stat(place)
        if found.size == 0:
            raise Problem(422, "invalid-data", f"{place} is empty.")
        return found

    @contextlib.contextmanager
    def copied(self, place, found):
        """The path of a file with the object's bytes."""
        if place.path is not None:
            yield place.path
            return
        folder = tempfile.gettempdir()
        room = shutil.disk_usage(folder).free
        if place.scheme == "gs":  # cloud.google.com/run/docs/container-contract#filesystem
            room = min(room, self.memory // 2)
        if found.size > room:
            raise _no_room(place, found.size, room)
        handle, path = tempfile.mkstemp(dir=folder)
        os.close(handle)
        try:
            _store(place).download(place, found, path)
            yield path
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _no_room(place, found.size, room) from None
            raise
        finally:
            os.remove(path)

    def put(self, place, path):
        """Writes a file to where answers go; the same name has the same content."""
        _store(place).upload(place, path)


def _store(place):
    """The module that knows such objects."""
    if place.path is not None:
        from . import folder as store
    elif place.scheme == "s3":
        from . import s3 as store
    elif place.scheme == "gs":
        from . import gs as store
    else:
        raise Problem(403, "data-forbidden", f"{place} is not below a place that this endpoint may read.")
    return store


def _no_room(place, size, room):
    mend = "name a smaller object, or give the function more memory" + ("" if place.scheme == "gs" else " or /tmp")
    return Problem(413, "too-large", f"{place} has {size:,} bytes, and there is room for {room:,} here; {mend}.")
