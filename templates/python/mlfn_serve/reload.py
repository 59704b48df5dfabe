"""
Another model without another release. A small object beside the models says which one a release is to serve:

    {"schema": 1, "sha256": "...", "size": 3712, "file": "model.joblib", "format": "joblib", "nonce": "..."}

It is read when a worker starts, again when it was last read MLFN_RELOAD seconds ago and a request comes, and on
`POST /reload` by whoever can name its nonce: who may write the object. The request that finds a newer model waits for it;
others beside it are answered by the model before. A model that cannot be loaded leaves that one in place.
"""

import contextlib
import hmac
import json
import os
import posixpath
import threading
import time

from .events import respond
from .fetch import VARIABLE, fetched, store_of
from .hooks import log_trace
from .problems import InitError, Problem

POINTER = "MLFN_MODEL_POINTER"
SECONDS = "MLFN_RELOAD"
NONCE = "x-mlfn-reload"


def watched():
    """Whether this release may be given another model."""
    return POINTER in os.environ


class Watch:
    """`wanted` is what the pointer said last, `served` what the endpoint has. `load(file, pointer)` makes a model, or raises."""

    def __init__(self, load):
        self.load = load
        self.tag = self.wanted = self.served = self.path = self.endpoint = None
        self.seconds = int(os.environ.get(SECONDS) or 0)
        self.read_at = 0.0
        self.lock = threading.Lock()

    def first(self):
        """The model to start with. Raises InitError."""
        self._read()
        return self._load()

    def attach(self, endpoint):
        """From now on the endpoint's model is replaced when another one is named."""
        self.endpoint = endpoint
        self._name(endpoint.model)
        endpoint.watch = self
        endpoint.routes["/reload"] = {"POST": self.forced}

    def tick(self):
        """Called before each request. Never raises."""
        if self.seconds == 0 or self._is_fresh(self.seconds) or not self.lock.acquire(blocking=False):
            return
        try:
            self._read()
            self._serve()
        except Exception as error:  # the model before answers; the next try is that many seconds away
            log_trace(error)
        finally:
            self.lock.release()

    def forced(self, request, context):
        """POST /reload: 200 with the model that is served now. Raises Problem 403 and 500."""
        with self.lock:
            try:
                # Anyone may ask at a public endpoint: who cannot name the nonce costs one look a second at most.
                if not self._is_fresh(1):
                    self._read()
                nonce = str(self.wanted.get("nonce") or "")
                if not nonce or not hmac.compare_digest(request.headers.get(NONCE, "").encode(), nonce.encode()):
                    raise Problem(403, "forbidden", f"{NONCE} does not name the model that is to be served.")
                changed = self._serve()
            except Problem:
                raise
            except Exception as error:
                log_trace(error)
                detail = str(error) if isinstance(error, InitError) else f"{type(error).__name__}; the trace is in the log."
                raise Problem(500, "reload-failed", f"The model before is still served. {detail}") from None
        return respond(200, "application/json", json.dumps({"reloaded": changed, "model": self.endpoint.model.identity}))

    def _is_fresh(self, seconds):
        return 0 <= time.time() - self.read_at < seconds

    def _serve(self):
        """Whether another model is served than before."""
        if self.wanted["sha256"] == self.served["sha256"]:
            return False
        before = self.path
        model = self._load()
        self._name(model)
        self.endpoint.model = model
        with contextlib.suppress(OSError):  # in use by another worker of this machine, or gone
            os.remove(before)
        return True

    def _name(self, model):
        model.identity = {**self.endpoint.identity, "digest": self.served["sha256"][:16]}

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
            for key in ("sha256", "size", "file", "format"):
                pointer[key]
        except (ValueError, KeyError, TypeError) as error:
            raise InitError(f"{uri} does not name a model: {error!r}") from error
        if schema != 1:
            raise InitError(f"{uri} has schema {schema!r}; this serving code knows 1.")
        self.wanted, self.tag = pointer, tag

    def _load(self):
        pointer = self.wanted
        uri = posixpath.join(posixpath.dirname(os.environ[VARIABLE]), pointer["sha256"])
        path = fetched(uri, pointer["sha256"], pointer["size"], pointer["file"])
        model = self.load(path, pointer)
        if self.endpoint is not None:
            model = self.endpoint.fit(model)
        self.served, self.path = pointer, path
        return model
