"""Files of this machine, on the local target."""

import os
import shutil

from ..problems import Problem
from .found import Found, denied, missing, unreachable


def stat(place):
    """Size and tag. Raises Problem, also for a link that leads out of what may be read."""
    root, path = os.path.realpath(place.root), os.path.realpath(place.path)
    if path != root and not os.path.normcase(path).startswith(os.path.normcase(os.path.join(root, ""))):
        raise Problem(403, "data-forbidden", f"{place} is a link to what this endpoint may not read.")
    try:
        found = os.stat(path)
        if not os.path.isfile(path):
            raise missing(place)
        with open(path, "rb"):
            pass
    except (FileNotFoundError, NotADirectoryError):
        raise missing(place) from None
    except PermissionError:
        raise denied(place, "read", "This user") from None
    except OSError as error:
        raise unreachable(place, error.strerror) from None
    place.path = path
    return Found(found.st_size, f"{found.st_size}-{found.st_mtime_ns}")


def upload(place, path):
    """Appears whole. Raises Problem."""
    partial = f"{place.path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(place.path), exist_ok=True)
        shutil.copyfile(path, partial)
        os.replace(partial, place.path)
    except OSError as error:
        raise unreachable(place, error.strerror) from None
