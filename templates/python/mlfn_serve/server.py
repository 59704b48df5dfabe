"""Cloud Run without a build, and images: loads the package, then opens the port, and answers with threads, in a process for each
CPU where that helps (processes.py).

Not gunicorn, which always forks its workers: what is loaded before a fork may hang in the worker (see framework.py), and what is
loaded after it is loaded behind an open port.
"""

import os
import signal
import socket
import time

from . import log
from .launch import launch
from .processes import count, side_by_side

# Cloud Run kills ten seconds after SIGTERM: cloud.google.com/run/docs/container-contract
GRACE_SECONDS = 9
# Connections that the platform keeps open must not end while it writes a request to them.
IDLE_SECONDS = 3600
# What is buffered in memory: a request of 32 MiB, an answer as large. Beyond is a file in /tmp, which is memory too.
BUFFER = 33 * 1024 * 1024


def main(root):
    """Serves until SIGTERM. Variables: `PORT`, `MLFN_PROCESSES`, and `MLFN_THREADS`, requests that each answers side by side."""
    _log_as_structured()
    endpoint = launch(root, 1)
    address = (os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT") or 8080))
    listening = socket.create_server(address, backlog=socket.SOMAXCONN)
    side_by_side(count(endpoint), lambda alive: serve(_server(endpoint, listening), alive))


def _server(endpoint, listening):
    from waitress.server import create_server

    from .web import MAX_REQUEST, application

    return create_server(
        application(endpoint),
        sockets=[listening],
        threads=int(os.environ.get("MLFN_THREADS") or 8),
        ident=None,
        backlog=socket.SOMAXCONN,
        connection_limit=5000,
        asyncore_use_poll=True,
        channel_timeout=IDLE_SECONDS,
        clear_untrusted_proxy_headers=False,
        max_request_body_size=2 * MAX_REQUEST,  # what is larger than it may be gets an answer of ours
        inbuf_overflow=BUFFER,
        outbuf_overflow=BUFFER,
    )


def serve(server, alive):
    """Until SIGTERM, Ctrl-C, or not `alive()`; then no connection is taken any more, and what was asked is still answered."""
    stopping = []
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: (stopping.append(1), server.pull_trigger()))
    while not stopping and alive():
        _turn(server, server.adj.asyncore_loop_timeout)
    server.accepting = False
    server.del_channel()
    server.socket.close()
    ends = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < ends and any(_busy(channel) for channel in list(server.active_channels.values())):
        _turn(server, 0.1)
    # Whatever thread is still at work, the platform would end it now.
    log.flush()


def _turn(server, seconds):
    server.asyncore.loop(timeout=seconds, map=server._map, use_poll=server.adj.asyncore_use_poll, count=1)


def _busy(channel):
    return bool(channel.requests) or channel.total_outbufs_len > 0


def _log_as_structured():
    """waitress logs by `logging`, whose last resort is a bare line on stderr."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record):
            log.error(self.format(record), record.levelname)

    # It warns of each request that waits for a thread; how many come at once is the platform's to bound.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logger = logging.getLogger("waitress")
    logger.addHandler(Handler())
    logger.propagate = False
