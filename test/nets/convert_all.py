"""Converts every network in a folder, and prints a row of JSON for each: python convert_all.py FOLDER"""

import json
import os
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parents[2] / "templates"
sys.path[:0] = [str(root / "tools"), str(root / "python")]

FORMATS = {".keras": "keras", ".h5": "keras-h5", ".pt": "torchscript", ".pt2": "torch-exported", "": "saved-model"}


class Stage:
    def enter(self, name):
        self.name = name


def row(file):
    from mlfn_convert.converting import converted

    sample = file.with_suffix(".json")
    requests = [json.loads(sample.read_text())] if sample.exists() else []
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        job = {
            "artifact": {"file": str(file), "format": FORMATS[file.suffix]},
            "requests": requests,
            "out": f"{scratch}/out.onnx",
        }
        told = converted(job, Stage())["compiled"]
        os.chdir(file.parent)
    none = {"reason": None, "missing": False, "proof": {"probes": 0}, "inputs": [], "outputs": []}
    return {"name": file.name, **none, **told}


print(json.dumps([row(each) for each in sorted(Path(sys.argv[1]).iterdir()) if each.suffix in FORMATS]))
