"""Whether a compiled model answers as the model itself does, and refuses as it does."""

import math

from .unsupported import Unsupported

RELATIVE = 1e-12


def prove(native, compiled, bodies, relative=RELATIVE):
    """{"probes", "refused", "largestDifference" (relative)}. Raises Unsupported with the first body that differs."""
    refused = 0
    largest = 0.0
    for body in bodies:
        expected, found = _told(native, body), _told(compiled, body)
        if expected[0] == "refused":
            refused += 1
        difference = _difference(expected, found)
        if not difference <= relative:
            raise Unsupported(f"the plain form answers {_short(found)} and the model {_short(expected)} to {_short(body)}")
        largest = max(largest, difference)
    return {"probes": len(bodies), "refused": refused, "largestDifference": largest}


def _told(model, body):
    from mlfn_serve import bodies
    from mlfn_serve.problems import Problem

    try:
        predictions, probabilities = model.predict(bodies.read(body, model.schema))
    except Problem as problem:
        return "refused", problem.status, problem.kind, problem.detail, problem.errors
    return "answered", predictions, probabilities


def _difference(expected, found):
    """The largest relative difference of two numbers at the same place; infinite where anything else differs."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(found, (list, tuple)) or len(expected) != len(found):
            return math.inf
        return max(map(_difference, expected, found), default=0.0)
    if isinstance(expected, float) and isinstance(found, float):
        if expected == found or expected != expected and found != found:
            return 0.0
        if not math.isfinite(expected) or not math.isfinite(found):
            return math.inf
        return abs(expected - found) / max(abs(expected), abs(found))
    return 0.0 if type(expected) is type(found) and expected == found else math.inf


def _short(value):
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
