"""Which objects may be read, and where answers are written: by normalised keys below the configured places alone."""

import hashlib
import os
import re

from ..problems import Problem

URI = re.compile(r"(s3|gs)://([^/]+)/(.+)", re.DOTALL)
# docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html, cloud.google.com/storage/docs/objects#naming
MAX_KEY = 1024


class Place:
    """An object, or what is above objects: `bucket` is empty for a file, and `key` then its path.

    `path` is where it lies on this machine, and `root` what it may not leave; None for what a cloud keeps.
    """

    __slots__ = ("scheme", "bucket", "key", "path", "root")

    def __init__(self, scheme, bucket, key):
        self.scheme = scheme
        self.bucket = bucket
        self.key = key
        self.path = None
        self.root = None

    def __str__(self):
        return f"{self.scheme}://{self.bucket}/{self.key}" if self.bucket else file_uri(self.key)

    def holds(self, other):
        """Whether it is that object itself, or a folder above it: `validation` is none of `validation-secret/x`."""
        if (self.scheme, self.bucket) != (other.scheme, other.bucket):
            return False
        mine, theirs = (self.key, other.key) if self.bucket else (os.path.normcase(self.key), os.path.normcase(other.key))
        sep = "/" if self.bucket else os.sep
        folder = mine if mine == "" or mine.endswith(sep) else mine + sep
        return theirs == mine or theirs.startswith(folder)


class Places:
    """The places of the settings."""

    def __init__(self, settings):
        self.folders = {name: path_of(uri) for name, uri in (settings.get("folders") or {}).items()}
        self.read = [_configured(uri) for uri in settings.get("read") or ()]
        self.write = _configured(settings["write"]) if settings.get("write") else None

    def readable(self, asked):
        """The Place of a Reference. Raises 422 for what is no reference, 403 for what is outside of `read`."""
        wanted = [_parsed(asked.uri)] if asked.uri is not None else self._named(asked.bucket, asked.key)
        for place in wanted:
            for above in self.read:
                if above.holds(place):
                    return self._located(place, above)
        named = asked.uri if asked.uri is not None else f"{asked.key} of {asked.bucket}"
        raise Problem(403, "data-forbidden", f"{named[:300]} is not below a place that this endpoint may read (`data: read`).")

    def output(self, place, facts):
        """The Place of the answer to an object, by what the answer depends on; None where nothing may be written."""
        if self.write is None:
            return None
        digest = hashlib.sha256("\n".join(map(str, (place, *facts))).encode()).hexdigest()
        stem = re.sub(r"[^A-Za-z0-9_-]", "_", re.split(r"[/\\]", place.key)[-1].split(".")[0])[:60]
        above = self.write
        sep = "/" if above.bucket else os.sep
        folder = above.key if above.key == "" or above.key.endswith(sep) else above.key + sep
        return self._located(Place(above.scheme, above.bucket, f"{folder}{stem}-{digest[:16]}.jsonl"), above)

    def _named(self, bucket, key):
        """A bucket without a scheme is the one that is in the settings."""
        schemes = dict.fromkeys(above.scheme for above in self.read if above.bucket and above.bucket == bucket)
        return [Place(scheme, bucket, _key(key)) for scheme in schemes]

    def _located(self, place, above):
        if not place.bucket:
            place.path, place.root = place.key, above.key
        elif place.bucket in self.folders:
            folder = self.folders[place.bucket]
            place.path = os.path.join(folder, *place.key.split("/"))
            place.root = os.path.join(folder, *filter(None, above.key.split("/")))
        return place


def _parsed(uri):
    """The Place that a client names. Raises Problem 422."""
    if uri.startswith("file://"):
        path = path_of(uri)
        if not os.path.isabs(path) or os.path.normpath(path) != path.rstrip(os.sep):
            raise _bad("a file:// URI must have the whole path, without `.` and `..`")
        return Place("file", "", path)
    found = URI.fullmatch(uri)
    if found is None:
        raise _bad("write it as s3://BUCKET/KEY, gs://BUCKET/KEY or file:///PATH")
    return Place(found[1], found[2], _key(found[3]))


def _configured(uri):
    if uri.startswith("file://"):
        return Place("file", "", path_of(uri))
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    return Place(scheme, bucket, key)


def _key(key):
    """A key that says one thing to whoever reads it: libraries and folders would take `..` for what it means in a path."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise _bad("the key is no text") from None
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(ord(sign) < 32 or sign in "\\\x7f" for sign in key):
        raise _bad("the key may hold no empty part, no `.` or `..`, no backslash and no control character")
    if size > MAX_KEY:
        raise _bad(f"the key has {size} bytes, and {MAX_KEY} are the most")
    return key


def _bad(why):
    return Problem(422, "invalid-input", f"The reference cannot be read: {why}.")


def path_of(uri):
    """The path of a file:// URI."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(uri).path)


def file_uri(path):
    """A path as a URI."""
    from pathlib import Path

    return Path(path).as_uri()
