"""One model through export, proof and measurement."""

import os
import sys

from .asking import told_of, warm
from .exporter import Exporter
from .flat import Writer
from .probes import every_probe
from .prove import prove
from .rows import read_rows
from .schema import saved_schema
from .tensors import served
from .thresholds import thresholds
from .unsupported import Unsupported

ROWS_SECONDS = 600
MOST_ALONE = 50


def compiled(job, stage):
    """The RESULT of compile.py."""
    from mlfn_serve.model import Model, load

    artifact = job["artifact"]
    if artifact["format"] == "onnx":
        return served(job, stage)
    stage.enter("load")
    native = Model(load(artifact["file"], artifact["format"], job["main"]), os.path.basename(artifact["file"]))
    requests = [*job["requests"], *_records(job["requests"])]
    bodies = every_probe(native, requests)
    told = {"ok": True, "native": {"warmUs": warm(native, bodies)}}
    rows = []
    if job.get("rows"):
        stage.enter("rows")
        rows, ignored = read_rows(job["rows"], native.schema)
        told["rows"] = {"read": len(rows), "ignored": ignored, "refusal": _first_refusal(native, rows)}
    engine = job["engine"]
    try:
        return {**told, "compiled": _tried(native, (bodies, rows), job, stage, len(requests))}
    except Unsupported as reason:
        return {**told, "compiled": {"ok": False, "reason": str(reason)}}
    except Exception as error:  # an attribute that this version of the library has not: the model itself still serves
        line = (str(error).splitlines() or [""])[0]
        reason = f"its {engine} form could not be made: {type(error).__name__}: {line}"[:300]
        return {**told, "compiled": {"ok": False, "reason": reason}}


def _first_refusal(native, rows):
    """What the model says of the first row that it refuses, of the first hundred; or None."""
    told = (told_of(native, row) for row in rows[:100])
    return next((each[3] for each in told if each[0] == "refused"), None)


def _records(requests):
    """Those of the requests that hold several, each alone."""
    lists = [request.get("instances") if isinstance(request, dict) else request for request in requests]
    several = [each for each in lists if isinstance(each, list) and each and isinstance(each[0], (list, dict))]
    return [record for each in several for record in each[:MOST_ALONE]]


def _tried(native, asked, job, stage, own):
    bodies, rows = asked
    path, engine = job["out"], job["engine"]
    stage.enter("export")
    writer = Writer()
    node = exported(native.estimator, writer, engine)
    about = {name: getattr(native, name) for name in ("classes", "probabilistic", "method")}
    writer.write(path, {**about, "schema": saved_schema(native.schema)}, node)
    from mlfn_serve.plain import PlainModel

    model = PlainModel(path)
    stage.enter("prove")
    proof = prove(native, model, [*bodies, *thresholds(model)], engine, own=own)
    more = _rows(native, model, rows, engine) if rows else {}
    package = "mlfn_serve.plain."
    modules = sorted(name[len(package) :] for name in sys.modules if name.startswith(package))
    return {"ok": True, "modules": modules, "proof": proof, **more, "warmUs": warm(model, bodies)}


def exported(estimator, writer, engine):
    """The node of a model for an engine. Raises Unsupported."""
    if engine == "plain":
        return Exporter(writer).export(estimator)
    from .graphs.exporter import GraphExporter

    return GraphExporter(writer).whole(estimator)


def _rows(native, model, rows, engine):
    """What the user's own rows show: a proof, or the first difference, which the probes did not find."""
    try:
        return {"rows": prove(native, model, rows, engine, ROWS_SECONDS, len(rows))}
    except Unsupported as reason:
        return {"differs": str(reason)}
