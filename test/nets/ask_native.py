"""Asks networks as the serving code does by their own framework, and as their authors would: python ask_native.py FOLDER NAME...

Prints a row of JSON for each: {"name", "platform", "inputs", "compared", "largest"}, the largest relative difference.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[2] / "templates"
sys.path[:0] = [str(root / "tools"), str(root / "python")]

FORMATS = {".keras": "keras", ".h5": "keras-h5", ".pt": "torchscript", ".pt2": "torch-exported", "": "saved-model"}


def row(file):
    import numpy
    from mlfn_baseline.network import NetworkFile
    from mlfn_convert.original import opened
    from mlfn_convert.probes import batched, drawn
    from mlfn_serve import bodies
    from mlfn_serve.tensors import TensorModel

    kind = FORMATS[file.suffix]
    sample = file.with_suffix(".json")
    requests = [json.loads(sample.read_text())] if sample.exists() else []
    ports = opened(str(file), kind, requests).ports
    inputs = [{"name": port.name, "type": port.dtype, "shape": port.shape} for port in ports] if kind == "torchscript" else None
    model = TensorModel(str(file), file.name, {"format": kind, "inputs": inputs})
    own = NetworkFile(str(file), kind, [], inputs)
    chance = numpy.random.default_rng(0)
    records = []
    for _ in range(5):
        sizes = {
            port.name: [1 if not place else 6 if size is None else size for place, size in enumerate(port.shape)]
            for port in ports
        }
        axis = batched(ports) or all(port.shape[:1] == [1] for port in ports)
        drawing = drawn(ports, sizes, chance)
        records.append({name: (each[0] if axis else each).tolist() for name, each in drawing.items()})
    compared, largest = 0, 0.0
    for body in [*records[:2], records, {"instances": records}, *requests]:
        found, _ = model.predict(bodies.read(body, model.schema))
        for one, other in zip(flat(own.answered(body)["predictions"]), flat(found), strict=True):
            compared += 1
            largest = max(largest, abs(one - other) / max(abs(one), abs(other), 0.1))
    told = [{"name": port.name, "shape": port.shape} for port in model.ports]
    return {"name": file.name, "platform": model.platform, "inputs": told, "compared": compared, "largest": largest}


def flat(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [number for each in value for number in flat(each)] if isinstance(value, list) else [value]


folder = Path(sys.argv[1])
rows = []
with tempfile.TemporaryDirectory() as scratch:
    os.chdir(scratch)
    for name in sys.argv[2:]:
        rows.append(row(folder / name))
        for left in Path(scratch).glob("network.*"):
            left.unlink()
print(json.dumps(rows))
