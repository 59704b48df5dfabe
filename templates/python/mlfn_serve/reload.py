"""
Another model without another release. A small object beside the models says which one a release is to serve:

    {"schema": 1, "sha256": "...", "size": 3712, "file": "model.joblib", "format": "joblib",
     "nonce": "...", "next": null | {"sha256", "size", "file", "format"}}

It is read when a worker starts, again when it was last read MLFN_RELOAD seconds ago and a request comes, and when a request
names a nonce that is not the known one in `x-mlfn-reload`: only who may read the object can name it. The request that finds
a newer model waits for it; others beside it are answered by the model before. A model that cannot be loaded leaves that one
in place. While there is a `next`, requests that name the nonce are answered by it, and no others are.
"""

import contextlib
import hmac
import json
import os
import posixpath
import threading
import time

from .endpoint import PROBLEM
from .events import is_http, respond
from .fetch import VARIABLE, fetched, store_of
from .hooks import log_trace
from .problems import InitError, Problem

POINTER = "MLFN_MODEL_POINTER"
SECONDS = "MLFN_RELOAD"
HEADER = "x-mlfn-reload"
KEYS = ("sha256", "size", "file", "format")
# Anyone may send the header to a public endpoint: it costs ten looks a second at most.
PAUSE = 0.1


class Watch:
    """`wanted` is what the pointer said last. `make(file, pointer)` is an endpoint of a model, or raises."""

    def __init__(self, make):
        self.make = make
        self.tag = None
        self.wanted = {"sha256": None, "next": None}
        self.live = self.candidate = (None, None, None)  # digest, path, endpoint
        self.seconds = int(os.environ.get(SECONDS) or 0)
        self.read_at = 0.0
        self.lock = threading.Lock()

    def start(self):
        """The model to start with. Raises InitError."""
        self._read()
        self._serve()
        return self

    @property
    def identity(self):
        """Of the model that is live."""
        return self.live[2].identity

    def handle(self, event, context):
        """The answer of the model that is to give it."""
        nonce = _nonce(event)
        if nonce is None:
            self._tick()
        else:
            try:
                with self.lock:
                    candidate = self._named(nonce)
            except Exception as error:
                return _failed(error)
            if candidate is not None:
                return candidate.handle(event, context)
        return self.live[2].handle(event, context)

    def _tick(self):
        since = time.time() - self.read_at
        if self.seconds == 0 or 0 <= since < self.seconds or not self.lock.acquire(blocking=False):
            return
        try:
            self._read()
            self._serve()
        except Exception as error:  # the model before answers; the next try is that many seconds away
            log_trace(error)
        finally:
            self.lock.release()

    def _named(self, nonce):
        """The endpoint of the candidate for who names the nonce. Raises InitError."""
        if not self._is_nonce(nonce):
            since = time.time() - self.read_at
            if 0 <= since < PAUSE:
                time.sleep(PAUSE - since)
            self._read()
        if not self._is_nonce(nonce):
            return None
        self._serve()
        following = self.wanted.get("next")
        if following is None:
            return None
        if self.candidate[0] != following["sha256"]:
            self._forget(self.candidate)
            self.candidate = self._load(following)
        return self.candidate[2]

    def _is_nonce(self, given):
        nonce = self.wanted.get("nonce")
        return isinstance(nonce, str) and nonce != "" and hmac.compare_digest(given.encode(), nonce.encode())

    def _serve(self):
        digest = self.wanted["sha256"]
        if digest != self.live[0]:
            before = self.live
            loaded = self.candidate if self.candidate[0] == digest else self._load(self.wanted)
            self.live = loaded
            self._forget(before)
        following = self.wanted.get("next")
        if self.candidate[0] is not None and (following is None or following["sha256"] != self.candidate[0]):
            self._forget(self.candidate)
            self.candidate = (None, None, None)

    def _forget(self, loaded):
        if loaded[1] is not None and loaded[1] not in (self.live[1], None):
            with contextlib.suppress(OSError):  # in use by another worker of this machine, or gone
                os.remove(loaded[1])

    def _load(self, pointer):
        uri = posixpath.join(posixpath.dirname(os.environ[VARIABLE]), pointer["sha256"])
        path = fetched(uri, pointer["sha256"], pointer["size"], pointer["file"])
        endpoint = self.make(path, pointer)
        endpoint.identity["digest"] = pointer["sha256"][:16]
        return pointer["sha256"], path, endpoint

    def _read(self):
        self.read_at = time.time()
        uri = os.environ[POINTER]
        found = store_of(uri).read(uri, self.tag)
        if found is None:
            return
        content, tag = found
        try:
            pointer = json.loads(content)
            schema = pointer["schema"]
            for named in (pointer, pointer.get("next") or pointer):
                for key in KEYS:
                    named[key]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InitError(f"{uri} does not name a model: {error!r}") from error
        if schema != 1:
            raise InitError(f"{uri} has schema {schema!r}; this serving code knows 1.")
        self.wanted, self.tag = pointer, tag


def _nonce(event):
    if not is_http(event):
        return None
    given = [value for name, value in (event.get("headers") or {}).items() if name.lower() == HEADER]
    return str(given[0]) if given else None


def _failed(error):
    log_trace(error)
    detail = str(error) if isinstance(error, InitError) else f"{type(error).__name__}; the trace is in the log."
    problem = Problem(500, "reload-failed", f"The model before is still served. {detail}")
    return respond(500, PROBLEM, json.dumps(problem.document()))
