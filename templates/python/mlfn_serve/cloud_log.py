"""Log entries as Cloud Logging reads them, with the request that they belong to.

Fields: cloud.google.com/logging/docs/structured-logging
"""

import json
import os
import re
import threading

from . import log

_here = threading.local()
# X-Cloud-Trace-Context: TRACE/SPAN;o=1, the span in decimal.
_CLOUD = re.compile(r"([0-9a-fA-F]{32})(?:/(\d{1,20}))?")
_W3C = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def install():
    """Everything that is logged from now on."""
    log.rendered(lambda text, severity: json.dumps({"severity": severity, "message": text, **getattr(_here, "fields", {})}))


class Trace:
    """A request's id, of the header that the platform adds; while it is entered, this thread's entries belong to it."""

    def __init__(self, cloud, w3c):
        found = _CLOUD.match(cloud)
        span = f"{int(found[2]) % 2**64:016x}" if found and found[2] else None
        if not found:
            found = _W3C.fullmatch(w3c)
            span = found and found[2]
        self.id = found[1].lower() if found else os.urandom(16).hex()
        project = os.environ.get("GOOGLE_CLOUD_PROJECT")
        self.fields = {"logging.googleapis.com/trace": f"projects/{project}/traces/{self.id}" if project else self.id}
        if span:
            self.fields["logging.googleapis.com/spanId"] = span

    def __enter__(self):
        _here.fields = self.fields
        return self

    def __exit__(self, *_):
        del _here.fields
