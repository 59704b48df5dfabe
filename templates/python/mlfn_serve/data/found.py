"""What is known of an object before it is read, and what its store says when it cannot be."""

from ..problems import Problem


class Found:
    """`tag` changes when the bytes do; `packed` is whether the store would unpack them unasked."""

    __slots__ = ("size", "tag", "packed")

    def __init__(self, size, tag):
        self.size = size
        self.tag = tag
        self.packed = False


def missing(place):
    """The object is not there."""
    return Problem(422, "data-missing", f"{place} is not there.")


def denied(place, act, whose):
    """S3 says 403 for a missing object, too, to who may not list the bucket."""
    or_missing = " or it is not there" if act == "read" else ""
    return Problem(403, "data-denied", f"{whose} may not {act} {place},{or_missing}. Deploy with it in `data:` of mlfn.yaml.")


def changed(place):
    """Another object took its place between two requests."""
    return Problem(409, "data-changed", f"{place} was changed while it was read; ask again.")


def unreachable(place, error):
    """No credentials, no network, a store that says no."""
    return Problem(502, "data-unreachable", f"{place} cannot be reached: {error}"[:500])
