"""A process for each CPU, all on one port: Python evaluates a compiled model on one CPU at a time, whatever threads there are."""

import os
import signal
import time

from . import log, machine

# One that ended sooner may end so each time: the next one waits.
SHORT_SECONDS = 1


def count(endpoint):
    """How many processes may answer for this endpoint, which is loaded already. `MLFN_PROCESSES` says so by itself.

    One, unless it is a model, and nothing has started a thread: a fork has only one of them, and what waits for the others
    (OpenMP, a pool) waits forever. Of memory each counts as whole, since Python writes to what it only reads.
    """
    if not getattr(endpoint, "forks", False) or machine.threads() != 1:
        return 1
    wanted = int(os.environ.get("MLFN_PROCESSES") or machine.cpus())
    limit, resident = machine.memory(), machine.resident()
    return max(1, min(wanted, limit // resident) if limit and resident else wanted)


def side_by_side(number, serve):
    """Has `serve` run in so many processes until SIGTERM or Ctrl-C, and never returns. One that ends by itself is replaced.

    `serve(alive)` is to end by itself once `alive()` is false: whoever started it has gone.
    """
    if number == 1:
        serve(lambda: True)
        os._exit(0)
    parent = os.getpid()
    running = {}
    stopping = []

    def stop(*_):
        stopping.append(1)
        for pid in running:
            os.kill(pid, signal.SIGTERM)

    def start():
        pid = os.fork()
        if pid == 0:
            _serve(serve, lambda: os.getppid() == parent)
        running[pid] = time.monotonic()

    # Until all are there a signal waits, so that none is missed.
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    for each in signals:
        signal.signal(each, stop)
    while True:
        while not stopping and len(running) < number:
            start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        if not running:
            os._exit(0)
        pid, status = os.wait()
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        started = running.pop(pid, None)  # None: an orphan that the container's first process inherits
        if started is not None and not stopping:
            log.error(f"A process that answers requests ended with {_told(status)}; another takes its place.", "CRITICAL")
            if time.monotonic() - started < SHORT_SECONDS:
                time.sleep(SHORT_SECONDS)


def _serve(serve, alive):
    """In the child: nothing of the parent's goes on here."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        serve(alive)
    except BaseException:
        import traceback

        log.error(traceback.format_exc(), "CRITICAL")
        log.flush()
        os._exit(1)
    os._exit(0)


def _told(status):
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit code {code}"
