"""One network through conversion, proof and measurement."""

import os
from time import perf_counter_ns

from .naming import note
from .original import Unsupported, opened
from .probes import probes
from .prove import keeps_missing, prove

TRIES = 5
# What the file tells the serving code (ports.py): a missing value is refused.
MISSING = "mlfn.missing"


def converted(job, stage):
    """The RESULT of convert.py."""
    stage.enter("load")
    artifact = job["artifact"]
    try:
        original = opened(artifact["file"], artifact["format"], job["requests"])
    except Unsupported as reason:
        return {"ok": True, "native": {"warmUs": None, "inputs": None}, "compiled": {"ok": False, "reason": str(reason)}}
    inputs = [{"name": port.name, "type": port.dtype, "shape": port.shape} for port in original.ports]
    if job["out"] is None:
        return {
            "ok": True,
            "native": {"warmUs": None, "inputs": inputs},
            "compiled": {"ok": False, "reason": "it was not asked for"},
        }
    asked = probes(original)
    told = {"ok": True, "native": {"warmUs": _warm(original.ask, asked[0]), "inputs": inputs}}
    try:
        return {**told, "compiled": _tried(original, asked, job, stage)}
    except Unsupported as reason:
        return {**told, "compiled": {"ok": False, "reason": str(reason)}}
    except Exception as error:  # what a converter does not know it tells in many ways
        line = (str(error).strip().splitlines() or [""])[0]
        return {**told, "compiled": {"ok": False, "reason": f"it could not be converted: {type(error).__name__}: {line}"[:300]}}


def _tried(original, asked, job, stage):
    out, (usual, missing) = job["out"], asked
    stage.enter("convert")
    original.export(out)
    stage.enter("prove")
    graph = Graph(out, original)
    own = requested(out, job["requests"])
    proof = prove(original, graph, [*own, *usual], len(own))
    keeps = keeps_missing(original, graph, missing)
    if not keeps:
        note(out, MISSING, "refused")
    about = {**graph.about(), "missing": keeps, "size": os.path.getsize(out)}
    return {"ok": True, **about, "proof": proof, "warmUs": _warm(graph.ask, usual)}


def requested(path, requests):
    """What the serving code makes of bodies: [{input's name: array}]. A body that it refuses is for hooks to change."""
    from mlfn_serve import bodies
    from mlfn_serve.problems import Problem
    from mlfn_serve.tensors import TensorModel

    model = TensorModel(path, os.path.basename(path))
    made = []
    for body in requests:
        try:
            rows = bodies.read(body, model.schema).rows
        except Problem:
            continue
        made += [{port.name: part[None] if port.axis else part for port, part in zip(model.ports, row)} for row in rows]
    return made


class Graph:
    """The ONNX file, as the serving code opens it."""

    def __init__(self, path, original):
        from mlfn_serve.session import opened as session

        self.path = path
        _, self.session = session(path, 1, optimized=True)
        found = [each.name for each in self.session.get_inputs()]
        self.missing = {port.name for port in original.ports} - set(found)
        if self.missing:
            raise Unsupported(f"its input {sorted(self.missing)[0]} changes nothing, and is not in the graph")

    def ask(self, feeds):
        return self.session.run(None, feeds)

    def about(self):
        """Inputs, outputs and opset, as the file has them."""
        import onnx

        model = onnx.load(self.path, load_external_data=False)
        opset = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
        ports = {
            kind: [{"name": each.name, "type": each.type, "shape": each.shape} for each in found]
            for kind, found in (("inputs", self.session.get_inputs()), ("outputs", self.session.get_outputs()))
        }
        return {**ports, "opset": opset}


def _warm(ask, asked):
    """Microseconds for one record; the least of some, as anything else is the machine's noise."""
    feeds = asked[0] if asked else None
    best = None
    for _ in range(TRIES if feeds is not None else 0):
        begun = perf_counter_ns()
        try:
            ask(feeds)
        except Exception:
            return None
        spent = (perf_counter_ns() - begun) / 1000
        best = spent if best is None else min(best, spent)
    return best
