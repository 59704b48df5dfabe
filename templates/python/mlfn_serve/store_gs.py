"""Objects of Cloud Storage, by its JSON API and the standard library; the token is the metadata server's.

cloud.google.com/storage/docs/json_api/v1/objects/get, cloud.google.com/compute/docs/metadata/overview
"""

import errno
import http.client
import json
import os
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from .problems import InitError

# Ranges side by side; what is smaller is one request.
RANGE = 16 * 1024 * 1024
STREAMS = 8
BLOCK = 1024 * 1024
ATTEMPTS = 6
# While a request waits for the answer.
ATTEMPTS_OF_READ = 3
# Doubled each time: 6 s in all, of the 240 s that Cloud Run gives a start.
FIRST_WAIT = 0.2
SECONDS = 30
# cloud.google.com/storage/docs/retry-strategy
PASSING = frozenset([408, 429, 500, 502, 503, 504])
BROKEN = (OSError, http.client.HTTPException)  # URLError, resets, time-outs and bodies that end early among them
PRODUCTION = "https://storage.googleapis.com"


def download(uri, size, path):
    """Writes the object to `path`. Raises InitError and OSError."""
    ranges(_url(uri), uri, size, path)


def ranges(url, uri, size, path, headers=None):
    """Writes the object at `url` to `path`, asked for with `headers`. Raises Unfetched and OSError."""

    def part(start):
        with open(path, "r+b", buffering=0) as file:
            file.seek(start)
            _copy(url, min(start + RANGE, size), file, uri, headers or {})

    with open(path, "wb") as file:
        file.truncate(size)
    if size <= RANGE:
        part(0)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(STREAMS) as pool:
        for _ in pool.map(part, range(0, size, RANGE)):
            pass


def read(uri, tag):
    """(bytes, tag) of a small object, or None while it is still the one of `tag`. Raises InitError."""
    url = _url(uri) + (f"&ifGenerationNotMatch={tag}" if tag else "")

    def whole():
        with _open(url, {}) as answer:
            return answer.read(), answer.headers.get("x-goog-generation")

    try:
        found = retried(whole, uri, ATTEMPTS_OF_READ)
    except _NotModified:
        return None
    return None if tag and found[1] == tag else found  # some emulators take no notice of the condition


class Unfetched(InitError):
    """Cloud Storage said no: `status` is HTTP's, None where nothing came; `told` is its sentence."""

    def __init__(self, uri, error):
        self.told = _told(error)
        self.status = getattr(error, "code", None)
        super().__init__(f"The model {uri} could not be fetched: {self.told}")


class _NotModified(Exception):
    """304: it is still the generation that is known."""


def _url(uri):
    bucket, _, key = uri[len("gs://") :].partition("/")
    return f"{base()}/storage/v1/b/{urllib.parse.quote(bucket, safe='')}/o/{urllib.parse.quote(key, safe='')}?alt=media"


def base():
    """Where Cloud Storage is: Google, or the emulator of the tests."""
    host = os.environ.get("STORAGE_EMULATOR_HOST", "").rstrip("/")
    if not host:
        return PRODUCTION
    return host if "://" in host else f"http://{host}"


def _copy(url, end, file, uri, headers):
    """From where the file stands up to `end`; after a break from where that was."""

    def rest():
        first = file.tell()
        with _open(url, {**headers, "range": f"bytes={first}-{end - 1}"}) as answer:
            if answer.status != 206 and first > 0:
                raise InitError(f"The model {uri} could not be fetched: the server takes no notice of ranges.")
            while file.tell() < end:
                block = answer.read(min(BLOCK, end - file.tell()))
                if not block:
                    raise http.client.IncompleteRead(b"", end - file.tell())
                file.write(block)

    if file.tell() < end:
        retried(rest, uri, ATTEMPTS, file.tell)


def _open(url, headers):
    return sent(urllib.request.Request(url, headers=headers))


def sent(request):
    """The answer to a request in the name of the function's service account."""
    text = _token.get()
    if text is not None:
        request.add_header("authorization", f"Bearer {text}")
    return urllib.request.urlopen(request, timeout=SECONDS)


def retried(work, uri, attempts, progress=lambda: None):
    """What `work` gives; what passes is tried again, and who comes further may try as often as at first."""
    attempt, place = 0, progress()
    while True:
        try:
            return work()
        except BROKEN as error:
            code = getattr(error, "code", None)
            if code == 304:
                raise _NotModified from None
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            if progress() != place:
                attempt, place = 0, progress()
            attempt += 1
            if code == 401:
                _token.forget()
            if attempt >= attempts or not (code is None or code == 401 or code in PASSING):
                raise Unfetched(uri, error) from None
            time.sleep(FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1))


class _Token:
    """The access token of the function's service account, kept until shortly before it ends."""

    def __init__(self):
        self.lock = threading.Lock()
        self.forget()

    def get(self):
        """The token, or None where an emulator asks for none."""
        with self.lock:
            if time.monotonic() >= self.until:
                self.text, lasts = _ask()
                self.until = time.monotonic() + lasts - 60
            return self.text

    def forget(self):
        """It was refused."""
        self.text, self.until = None, -1.0


_token = _Token()


def _ask():
    """(token, seconds that it lasts)."""
    host = os.environ.get("GCE_METADATA_HOST")
    if host is None and base() != PRODUCTION:
        return None, 3600
    url = f"http://{host or 'metadata.google.internal'}/computeMetadata/v1/instance/service-accounts/default/token"
    request = urllib.request.Request(url, headers={"metadata-flavor": "Google"})
    # Never by a proxy: it is a server of the machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            told = json.load(answer)
            return told["access_token"], told.get("expires_in", 3600)
    except (*BROKEN, ValueError, KeyError) as error:
        raise OSError(f"the metadata server gave no access token: {_told(error)}") from None


def _told(error):
    """`403 Forbidden: mlfn-heart@... does not have storage.objects.get access`: with the API's own sentence."""
    if not isinstance(error, urllib.error.HTTPError):
        return f"{type(error).__name__}: {error}"
    try:
        said = ": " + json.loads(error.read(10_000))["error"]["message"]
    except Exception:  # no JSON, or not of that shape
        said = ""
    if error.code in (401, 403):
        said += " (the function's service account needs roles/storage.objectViewer on its bucket)"
    return f"{error.code} {error.reason}{said}"
