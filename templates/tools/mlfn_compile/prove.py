"""Whether a compiled model answers as the model itself does, and refuses as it does."""

from .asking import answers, told_of
from .boundaries import PAIRS
from .compare import Terms, first_difference, in_words, largest_difference
from .near import explains as near_explains
from .near import is_extreme
from .unsupported import Unsupported

RELATIVE = {"plain": 1e-12, "onnx": 1e-5}
TWICE = 3
# Answers next to which the model gives them: pairs of `boundaries` are made to be such, anything else hardly ever is.
NEAR = 2 * PAIRS
NEAR_SHARE = 0.01


def prove(native, compiled, bodies, engine="plain", seconds=60, own=0):
    """{"probes", "refused", "alone", "rounded", "left", "largestDifference"}. Raises Unsupported with the first difference.

    Every body is read and answered by both. RELATIVE is how far a number may be from the model's own; labels, types and
    refusals (status, kind and words) must be the same. Two things are allowed beside it, as the model itself is not more
    exact than that: a probability within eight units in the last place of 1, and what another order of the same
    additions gives (`rounding`), counted as `rounded`; of the engine onnx also what the model gives to a request that hardly
    differs (`near`), a few times, and not of the first `own` bodies, which are the user's. The model is asked record by record
    for the first bodies and a sample, and many at once for the others; where that gives a difference, its answer to the
    record alone is what counts. After `seconds` what has not been asked is left out and counted as `left`.
    """
    relative = RELATIVE[engine]
    terms = Terms(relative, native.classes)
    near = NEAR + int(NEAR_SHARE * len(bodies)) if engine == "onnx" else 0
    proof = {"probes": 0, "refused": 0, "alone": 0, "rounded": 0, "left": 0, "largestDifference": 0.0}
    again = TWICE
    for body, expected, alone in answers(native, bodies, seconds):
        if alone and again and expected[0] == "answered":
            again -= 1
            if first_difference(expected, told_of(native, body), terms):
                raise Unsupported("the model answers differently when it is asked again")
        found = told_of(compiled, body)
        difference = first_difference(expected, found, terms)
        if difference and not alone:
            expected, alone = told_of(native, body), True
            difference = first_difference(expected, found, terms)
        proof["probes"] += 1
        proof["alone"] += alone
        proof["refused"] += expected[0] == "refused"
        if not difference:
            _sums(compiled, expected, found, body, relative, engine)
            proof["largestDifference"] = max(proof["largestDifference"], largest_difference(expected, found, terms))
        elif _is_rounding(compiled, body, expected, terms):
            proof["rounded"] += 1
        elif near and proof["probes"] > own and near_explains(native, compiled, body, expected, found, terms):
            proof["rounded"] += 1
            near -= not is_extreme(body)
        else:
            raise Unsupported(in_words(engine, difference, expected, found, body, native.classes))
    proof["left"] = len(bodies) - proof["probes"]
    return proof


def _is_rounding(compiled, body, expected, terms):
    from . import rounding

    return rounding.explains(compiled, body, expected, terms)


def _sums(compiled, expected, found, body, relative, engine):
    """Probabilities of one output sum to one wherever the model's own do."""
    for told, own in zip(found[2] or () if found[0] == "answered" else (), expected[2] or ()):
        if own and all(type(each) is float for each in own) and abs(sum(own) - 1) <= 1e-9:
            if not abs(sum(told) - 1) <= 1e-9 + len(told) * relative:
                raise Unsupported(f"the probabilities of the {engine} form sum to {sum(told)!r}")
