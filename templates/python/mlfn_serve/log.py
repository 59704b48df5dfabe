"""What the serving code itself writes to the log: plain text, until a platform reads something better."""

import sys

_render = None


def rendered(render):
    """From now on as `render(text, severity)` has it, one line for each entry."""
    global _render
    _render = render


def error(text, severity="ERROR"):
    """One entry, however many lines it has."""
    text = text.rstrip("\n")
    sys.stderr.write((text if _render is None else _render(text, severity)) + "\n")
    sys.stderr.flush()


def flush():
    """Both streams, before an end that flushes nothing."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
