"""Compiles a model to what the serving code evaluates without its libraries, and proves that it gives the same answers.

Runs on the user's machine, in the locked environment, after the safety check, and never ships. Standard library only at
import; Python 3.9 to 3.14.

    python -I -S -B compile.py JOB RESULT

JOB is a JSON file: {"artifact": {"file", "format"}, "path": folders for sys.path, "main": {class: module}, "serving":
the folder that holds mlfn_serve, "engine": plain or onnx (then skl2onnx, onnx and onnxruntime are among "path"), "requests":
bodies that clients send, may be empty, "out": the file to write, "timeout": seconds, "rows": a CSV, JSON or JSON lines file of
the user's own, optional}.
RESULT becomes {"ok": true, "native": {"warmUs"}, "compiled": {"ok": true, "modules": names below mlfn_serve/plain, "proof":
what mlfn_compile.prove gives, "rows": the same of the rows, or "differs": how they do not agree, "warmUs"} | {"ok": false,
"reason"}, "rows": {"read", "ignored": columns that the model does not take, "refusal": the model's words for the first row that
it refuses}}, or what mlfn_child tells of an error; UnreadableRows where the file cannot be used.
"""

import os
import sys
import types
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from mlfn_child import main
from mlfn_compile.compiling import compiled

del sys.path[0]


def run(job, stage):
    sys.path[:0] = [job["serving"], *job["path"]]
    sys.modules["__main__"] = types.ModuleType("__main__")
    warnings.simplefilter("ignore")
    return compiled(job, stage)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], run)
