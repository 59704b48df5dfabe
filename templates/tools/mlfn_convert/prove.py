"""Whether the ONNX form of a network answers as the network itself does."""

from time import monotonic

from .original import Unsupported

# Two numbers are equal that are so close to each other, or so far apart of the largest in the same answer (or of 1). Of
# float32, which has 24 bits, sums of a thousand products in another order differ by that much.
RELATIVE = 1e-5
FLOOR = 1e-6
# Inputs moved by rounding of float32: what that changes in the network's own answer, its numbers are exact to at most.
STEP = 2.0**-22
TRIES, TIMES = 8, 8
SHARE = 0.05
SECONDS = 90


def prove(original, graph, asked, own=0, seconds=SECONDS):
    """{"probes", "refused", "alone", "rounded", "left", "largestDifference"}. Raises Unsupported with the first difference.

    Shapes, whole numbers, texts, NaN and infinities must be the same, numbers within RELATIVE or FLOOR, and the largest of a
    row of several (its label) in the same place. Where they are not, the network itself is asked again with inputs that are
    moved in their last places: a difference that is no larger than what this changes is `rounded`; a few are borne, and none
    of the first `own`, which are the user's.
    """
    proof = {"probes": 0, "refused": 0, "alone": 0, "rounded": 0, "left": 0, "largestDifference": 0.0}
    deadline = monotonic() + seconds
    for place, feeds in enumerate(asked):
        if place > own and monotonic() > deadline:
            proof["left"] = len(asked) - place
            break
        expected, found = _told(original, feeds), _told(graph, feeds)
        proof["probes"] += 1
        proof["alone"] += all(len(each) == 1 for each in feeds.values() if each.ndim)
        if isinstance(expected, str) and isinstance(found, str):
            proof["refused"] += 1
            continue
        difference = difference_of(expected, found, original.outputs)
        if difference is None:
            proof["largestDifference"] = max(proof["largestDifference"], _largest(expected, found))
        elif place >= own and _is_rounding(original, feeds, expected, found):
            proof["rounded"] += 1
        else:
            raise Unsupported(f"{difference} to {_shown(feeds)}")
    if proof["rounded"] > max(2, SHARE * proof["probes"]):
        raise Unsupported(
            f"{proof['rounded']} of {proof['probes']} answers differ by more than 1e-5, as rounding changes much in it"
        )
    if proof["refused"] == proof["probes"]:
        raise Unsupported("it refuses everything that it was asked")
    return proof


def keeps_missing(original, graph, asked):
    """Whether NaN goes through the ONNX form as through the network: some operators of onnxruntime drop it."""
    told = ((_told(original, feeds), _told(graph, feeds)) for feeds in asked)
    return all(difference_of(expected, found, original.outputs) is None for expected, found in told)


def _told(asked, feeds):
    """Arrays, or the words of a refusal."""
    try:
        return asked.ask(feeds)
    except Exception as error:
        return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def difference_of(expected, found, names):
    """A clause, or None."""
    if isinstance(expected, str) or isinstance(found, str):
        act = [f"refuses ({each})" if isinstance(each, str) else "answers" for each in (found, expected)]
        return f"the ONNX form {act[0]} and the network {act[1]}"
    if len(expected) != len(found):
        return f"the ONNX form has {len(found)} outputs and the network {len(expected)}"
    for name, one, other in zip(names, expected, found):
        said = _array_difference(one, other)
        if said is not None:
            return f"{said} in {name}"
    return None


def _array_difference(one, other):
    import numpy

    if one.shape != other.shape:
        return f"the ONNX form answers {list(other.shape)} numbers and the network {list(one.shape)}"
    wrong = ~_equal(one, other)
    if numpy.any(wrong):
        place = int(numpy.argmax(wrong.ravel()))
        return f"the ONNX form answers {_value(other, place)} and the network {_value(one, place)}"
    if one.dtype.kind != "f" or one.ndim < 2 or one.shape[-1] < 2 or not numpy.all(numpy.isfinite(one)):
        return None
    label, told = one.argmax(-1), other.argmax(-1)
    if numpy.array_equal(label, told):
        return None
    # Of two that are equal within the bound either is the largest.
    chosen = numpy.take_along_axis(one, told[..., None], -1)
    best = numpy.take_along_axis(one, label[..., None], -1)
    if numpy.all(_equal(best, chosen)):
        return None
    return "the largest number stands in another place"


def _equal(one, other):
    """Of each number, whether it is equal enough."""
    import numpy

    if one.dtype.kind != "f":
        return numpy.asarray(one == other) if one.dtype.kind in "biu" else _texts(one) == _texts(other)
    a, b = one.astype("float64"), other.astype("float64")
    known = numpy.isfinite(a)
    largest = max(1.0, float(numpy.abs(a[known]).max())) if known.any() else 1.0
    bound = numpy.maximum(RELATIVE * numpy.maximum(numpy.abs(a), numpy.abs(b)), FLOOR * largest)
    with numpy.errstate(invalid="ignore"):
        near = numpy.abs(a - b) <= bound
    return numpy.where(known & numpy.isfinite(b), near, (a == b) | (numpy.isnan(a) & numpy.isnan(b)))


def _texts(array):
    import numpy

    return numpy.vectorize(lambda each: each.decode() if isinstance(each, bytes) else str(each), otypes=[object])(array)


def _largest(expected, found):
    """Relative, of two numbers at the same place; differences below the floor do not count."""
    import numpy

    most = 0.0
    for one, other in zip(expected, found):
        if one.dtype.kind != "f" or not one.size:
            continue
        a, b = one.astype("float64"), other.astype("float64")
        known = numpy.isfinite(a) & numpy.isfinite(b)
        if not known.any():
            continue
        a, b = a[known], b[known]
        apart = numpy.abs(a - b)
        apart[apart <= FLOOR * max(1.0, float(numpy.abs(a).max()))] = 0.0
        sizes = numpy.maximum(numpy.maximum(numpy.abs(a), numpy.abs(b)), 1e-300)
        most = max(most, float((apart / sizes).max()))
    return most


def _is_rounding(original, feeds, expected, found):
    """Whether inputs that hardly differ change the network's own answer as much as the ONNX form differs from it."""
    import numpy

    if isinstance(expected, str) or isinstance(found, str):
        return False
    if any(one.shape != other.shape or one.dtype.kind != "f" for one, other in zip(expected, found)):
        return False
    chance = numpy.random.default_rng(1)
    spreads = [numpy.zeros(each.shape) for each in expected]
    for _ in range(TRIES):
        told = _told(original, {name: _moved(each, chance) for name, each in feeds.items()})
        if isinstance(told, str):
            return False
        with numpy.errstate(invalid="ignore"):
            spreads = [
                numpy.fmax(most, numpy.abs(one.astype("float64") - again)) for most, one, again in zip(spreads, expected, told)
            ]
    with numpy.errstate(invalid="ignore"):
        apart = [numpy.abs(one.astype("float64") - other) for one, other in zip(expected, found)]
    return all(
        numpy.all((far <= TIMES * most.max()) | _equal(one, other))
        for far, most, one, other in zip(apart, spreads, expected, found)
    )


def _moved(array, chance):
    if array.dtype.kind != "f":
        return array
    return (array * (1 + STEP * chance.choice((-1.0, 0.0, 1.0), array.shape))).astype(array.dtype)


def _value(array, place):
    value = array.ravel()[place]
    return value.item() if hasattr(value, "item") else value


def _shown(feeds):
    """The inputs, shortened."""
    parts = []
    for name, each in feeds.items():
        text = ", ".join(str(value) for value in each.ravel()[:6].tolist())
        parts.append(f"{name} {list(each.shape)} = {text}{', ...' if each.size > 6 else ''}")
    return "; ".join(parts)[:200]
