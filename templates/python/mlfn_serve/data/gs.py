"""Objects of Cloud Storage, by its JSON API and the function's own service account.

cloud.google.com/storage/docs/json_api/v1/objects; what is stored compressed is asked for as it is stored:
cloud.google.com/storage/docs/transcoding#decompressive_transcoding
"""

import json
import urllib.parse
import urllib.request

from .. import store_gs
from .found import Found, changed, denied, missing, unreachable

WHOSE = "The function's service account"
ATTEMPTS = 4
MEDIA = "application/jsonl"


def stat(place):
    """Size and generation. Raises Problem."""

    def asked():
        with store_gs.sent(urllib.request.Request(_url(place))) as answer:
            return json.load(answer)

    told = _asked(place, "read", asked)
    found = Found(int(told["size"]), str(told["generation"]))
    found.packed = told.get("contentEncoding") == "gzip"
    return found


def download(place, found, path):
    """The bytes of that very generation. Raises Problem and OSError."""
    url = f"{_url(place)}?alt=media&generation={found.tag}"
    try:
        store_gs.ranges(url, str(place), found.size, path, {"accept-encoding": "gzip"} if found.packed else None)
    except store_gs.Unfetched as error:
        raise (changed(place) if error.status == 404 else _problem(place, "read", error)) from None


def upload(place, path):
    """Made once: what is there under the name is the same answer. Raises Problem."""
    name = urllib.parse.quote(place.key, safe="")
    bucket = urllib.parse.quote(place.bucket, safe="")
    url = f"{store_gs.base()}/upload/storage/v1/b/{bucket}/o?uploadType=media&ifGenerationMatch=0&name={name}"

    def written():
        import os

        with open(path, "rb") as file:
            headers = {"content-type": MEDIA, "content-length": str(os.path.getsize(path))}
            store_gs.sent(urllib.request.Request(url, file, headers, method="POST")).close()

    try:
        store_gs.retried(written, str(place), ATTEMPTS)
    except store_gs.Unfetched as error:
        if error.status == 412:
            return
        raise _problem(place, "write", error) from None
    except OSError as error:
        raise unreachable(place, error) from None


def _url(place):
    bucket, key = urllib.parse.quote(place.bucket, safe=""), urllib.parse.quote(place.key, safe="")
    return f"{store_gs.base()}/storage/v1/b/{bucket}/o/{key}"


def _asked(place, act, work):
    try:
        return store_gs.retried(work, str(place), ATTEMPTS)
    except store_gs.Unfetched as error:
        raise _problem(place, act, error) from None
    except OSError as error:  # no token
        raise unreachable(place, error) from None


def _problem(place, act, error):
    if error.status == 404:
        return missing(place)
    if error.status in (401, 403):
        return denied(place, act, WHOSE)
    return unreachable(place, error.told)
