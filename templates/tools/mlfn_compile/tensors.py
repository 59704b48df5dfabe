"""An ONNX file is its own compiled form: that the serving code answers as onnxruntime does is what is proved of it."""

import os
import random

from mlfn_baseline.graph import GraphFile

from .compare import Difference, Terms, distance, shown
from .unsupported import Unsupported

RELATIVE = 1e-5
PROBES = 120
# For sizes that a call decides: the first with which the model runs.
SIZES = (8, 1, 16, 32, 64, 224)
CELLS = 1 << 20
# Of all probes together: an image is many numbers of JSON.
MOST = 1 << 21
COUNTS = (1, 2, 5)


def served(job, stage):
    """The RESULT of compile.py for a file of the format onnx."""
    from mlfn_serve.problems import InitError

    told = {"ok": True, "native": {"warmUs": None}}
    try:
        return {**told, "compiled": _tried(job, stage)}
    except (InitError, Unsupported) as reason:
        return {**told, "compiled": {"ok": False, "reason": str(reason).rstrip(".")}}


def _tried(job, stage):
    from mlfn_serve.tensors import TensorModel

    from .asking import warm

    file = job["artifact"]["file"]
    stage.enter("load")
    model = TensorModel(file, os.path.basename(file))
    own = GraphFile(file)
    stage.enter("prove")
    bodies = [*job["requests"], *_probes(model, own)]
    proof = {"probes": 0, "refused": 0, "alone": 0, "rounded": 0, "left": 0, "largestDifference": 0.0}
    for body in bodies:
        _hold(model, own, body, proof)
    return {"ok": True, "modules": [], "proof": proof, "warmUs": warm(model, bodies)}


def _probes(model, own):
    """Requests of one record and of several, of random numbers and of zeros."""
    chance = random.Random(0)
    made = next((size for size in SIZES if _runs(model, own, size)), None)
    if made is None or any(port.kind == "string" for port in model.ports):
        return []
    zeros = {"instances": [_record(model, made, lambda port: _of(port, 0))]}
    cells = 3 * sum(_cells(port, made) for port in model.ports)
    several = []
    for turn in range(max(3, min(PROBES, MOST // cells))):
        records = [_record(model, made, lambda port: _value(port, chance)) for _ in range(COUNTS[turn % len(COUNTS)])]
        several.append({"instances": records})
    return [zeros, *several]


def _runs(model, own, size):
    if sum(_cells(port, size) for port in model.ports) > CELLS:
        return False
    try:
        own.answered({"instances": [_record(model, size, lambda port: _of(port, 0))]})
    except Exception:
        return False
    return True


def _cells(port, size):
    count = 1
    for each in port.record:
        count *= each or size
    return count


def _record(model, size, value):
    return {port.name: _nested([each or size for each in port.record], lambda port=port: value(port)) for port in model.ports}


def _nested(sizes, value):
    return [_nested(sizes[1:], value) for _ in range(sizes[0])] if sizes else value()


def _of(port, number):
    return {"number": float(number), "integer": int(number), "boolean": bool(number), "string": str(number)}[port.kind]


def _value(port, chance):
    """Indices into tables are small: of integers only the first two."""
    return chance.gauss(0, 1) if port.kind == "number" else _of(port, chance.randrange(2))


def _hold(model, own, body, proof):
    """One request to both. Raises Unsupported where they differ."""
    from mlfn_serve import bodies
    from mlfn_serve.problems import Problem

    try:
        found = model.predict(bodies.read(body, model.schema))
    except Problem as problem:
        found = problem
    try:
        expected = own.answered(body)
    except Exception as error:
        expected = error
    proof["probes"] += 1
    if isinstance(found, Problem) or isinstance(expected, Exception):
        if not (isinstance(found, Problem) and isinstance(expected, Exception)):
            raise Unsupported(
                f"it answers {shown(body)} otherwise than onnxruntime: {found if isinstance(found, Problem) else expected}"
            )
        proof["refused"] += 1
        return
    terms = Terms(RELATIVE, None)
    for one, other in _pairs([expected["predictions"], expected.get("probabilities")], list(found)):
        apart = distance(Difference("probability", (), one, other), terms)
        if not apart <= RELATIVE:
            raise Unsupported(f"it answers {shown(other)} and onnxruntime {shown(one)} to {shown(body)}")
        proof["largestDifference"] = max(proof["largestDifference"], apart)


def _pairs(one, other):
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        one, other = list(one.values()), list(other.values())
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for pair in zip(one, other):
            yield from _pairs(*pair)
    else:
        yield one, other
