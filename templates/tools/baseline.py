"""The model's own answers to some request bodies, made as its author would make them: load, predict, apply the hooks.

Runs on the user's machine, in the locked environment, and never ships. It shares no code with the serving code, since
it is what that code is checked against. Standard library only at import; Python 3.9 to 3.14.

    python -I -S -B baseline.py JOB RESULT

JOB is a JSON file: {"name": the function's, "artifact": {"kind": "model", "file", "format", "inputs"?: of TorchScript}
| {"kind": "python", "module", "attribute"}, "path": folders for sys.path, "hooks": module or null, "main": {class: module},
"requests": bodies, "timeout": seconds}.
RESULT becomes {"ok": true, "kind": "model" | "function" | "wsgi", "answers": [{"status", "answer"} | {"refused"}]} or
{"ok": false, "stage", "refused", "type", "message", "hint", "where", "trace"}. RESULT.stage names what is under way and
RESULT.crash tells where it hung or crashed. It ends when its standard input is closed: then the process that started it
is gone.
"""

import os
import sys
import types
import warnings

# Isolated mode leaves this folder out, and it goes again: the user's modules are looked for in their own folders only.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import mlfn_convert  # noqa: F401  # networks are asked by what it has for them (mlfn_baseline/network.py)
from mlfn_baseline.function import open_function
from mlfn_baseline.model import open_model
from mlfn_child import main

del sys.path[0]


def run(job, stage):
    sys.path[:0] = job["path"]
    # The user's classes go into a __main__ of their own: this script's names must not be theirs.
    sys.modules["__main__"] = types.ModuleType("__main__")
    warnings.simplefilter("ignore")
    if job["artifact"]["kind"] == "python":
        kind, answer = open_function(job, stage)
    else:
        kind, answer = "model", open_model(job, stage)
    answers = []
    for number, body in enumerate(job["requests"]):
        try:
            answers.append(answer(body))
        except Exception as error:
            if number == 0:  # the sample itself; what comes after it are other ways to put it
                raise
            answers.append({"refused": f"{type(error).__name__}: {error}"})
    return {"ok": True, "kind": kind, "answers": answers}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], run)
