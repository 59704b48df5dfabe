"""Converts a network of Keras, TensorFlow or PyTorch to ONNX, and proves that it gives the same answers.

Runs on the user's machine, in an environment of its own with the network's framework and what converts it, after the safety
check, and never ships. Standard library only at import; Python 3.10 to 3.13.

    python -I -S -B convert.py JOB RESULT

JOB is a JSON file: {"artifact": {"file", "format"}, "path": folders for sys.path, "requests": bodies that clients send, may be
empty, "out": the file to write, or null where only the inputs are asked for, "timeout": seconds}.
RESULT becomes {"ok": true, "native": {"warmUs", "inputs": [{"name", "type", "shape"}], or null where they cannot be told},
"compiled": {"ok": true, "inputs", "outputs": [{"name", "type", "shape"}], "opset", "missing": whether NaN goes through it as
through the network, "size", "proof": what mlfn_convert.prove gives, "warmUs"} | {"ok": false, "reason"}}, or what mlfn_child
tells of an error.
"""

import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from mlfn_child import main
from mlfn_convert.converting import converted

del sys.path[0]


def run(job, stage):
    sys.path[:0] = job["path"]
    warnings.simplefilter("ignore")
    return converted(job, stage)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], run)
