"""The handler that functions-framework serves (Cloud Functions, 2nd gen).

The framework's server forks its worker after it has imported us. A model that was loaded before would hang in the worker:
OpenMP and TensorFlow start threads while a model is loaded, and threads do not survive a fork (LightGBM on two CPUs never
answers). So the package is opened in the worker, before that takes its first request; those that come earlier wait.
"""

import os
import threading

from . import ROOT
from .launch import launch

# gunicorn's WORKER_BOOT_ERROR: the server ends with its worker, instead of starting the next one.
BOOT_ERROR = 3

_lock = threading.Lock()
_endpoint = None


def _open():
    global _endpoint
    with _lock:
        if _endpoint is None:
            # The server kills a worker that it has not seen for so long, and starts another.
            _endpoint = launch(ROOT, BOOT_ERROR, int(os.environ.get("CLOUD_RUN_TIMEOUT_SECONDS") or 0))
    return _endpoint


def handler(request):
    """The answer to a Flask request."""
    from flask import Response

    from .web import answer

    status, headers, body = answer(_endpoint or _open(), request.environ)
    response = Response(body, status=status)
    response.headers.clear()
    response.headers.extend(headers)
    return response


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open)
