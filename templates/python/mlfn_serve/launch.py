"""Opening a package where a failure must end the process, and be one line of the log."""

import os
import sys
import threading

from . import cloud_log, log
from .problems import InitError


def launch(root, code, seconds=0):
    """The endpoint; else the process ends with `code`, whatever holds on to it, and so it does after `seconds`."""
    cloud_log.install()
    # What the user's code prints would wait in a buffer until it is full.
    sys.stdout.reconfigure(line_buffering=True)
    told = f"The package was not loaded within {seconds} s; it gets as long as the timeout is."
    late = threading.Timer(seconds - 1, _end, (told, code))
    late.daemon = True
    if seconds > 1:
        late.start()
    try:
        from .web import open_endpoint

        return open_endpoint(root)
    except InitError as error:
        _end(str(error), code)
    except (Exception, SystemExit):
        import traceback

        _end(traceback.format_exc(), code)
    finally:
        late.cancel()


def _end(text, code):
    log.error(text, "CRITICAL")
    log.flush()
    os._exit(code)
