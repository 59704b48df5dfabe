"""The model's own answers to some request bodies, made as its author would make them: load, predict, apply the hooks.

Runs on the user's machine, in the locked environment, and never ships. It shares no code with the serving code, since
it is what that code is checked against. Standard library only at import; Python 3.9 to 3.14.

    python -I -S -B baseline.py JOB RESULT

JOB is a JSON file: {"name": the function's, "artifact": {"kind": "model", "file", "format"} | {"kind": "python",
"module", "attribute"}, "path": folders for sys.path, "hooks": module or null, "main": {class: module},
"requests": bodies, "timeout": seconds}.
RESULT becomes {"ok": true, "kind": "model" | "function" | "wsgi", "answers": [{"status", "answer"} | {"refused"}]} or
{"ok": false, "stage", "refused", "type", "message", "hint", "where", "trace"}. RESULT.stage names what is under way and
RESULT.crash tells where it hung or crashed. It ends when its standard input is closed: then the process that started it
is gone.
"""

import faulthandler
import json
import os
import sys
import threading
import traceback
import types
import warnings

# Isolated mode leaves this folder out, and it goes again: the user's modules are looked for in their own folders only.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from mlfn_baseline.function import open_function
from mlfn_baseline.model import open_model
from mlfn_baseline.refused import Refused

del sys.path[0]


def main(job_file, result_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    guard(job, result_file)
    stage = Stage(result_file + ".stage")
    try:
        result = run(job, stage)
    except BaseException as error:  # SystemExit too: a script without a main guard ends itself
        result = told(error, stage.name, job["path"])
    with open(result_file + ".part", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(result_file + ".part", result_file)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that the model left running do not hold it up


def guard(job, result_file):
    """What the model prints goes to stderr, what it reads is empty, and it cannot outlive its parent or its time."""
    parent = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    threading.Thread(target=end_with_parent, args=(parent,), daemon=True).start()
    crash = open(result_file + ".crash", "w", encoding="utf-8")  # noqa: SIM115
    faulthandler.enable(crash, all_threads=False)
    # A hang inside C code that holds the interpreter's lock is caught by this as well.
    faulthandler.dump_traceback_later(job["timeout"], exit=True, file=crash)


def end_with_parent(parent):
    while os.read(parent, 4096):
        pass
    os._exit(70)


class Stage:
    """Where the work is: kept in a file too, for when the process dies."""

    def __init__(self, file):
        self.file = file
        self.enter("start")

    def enter(self, name):
        self.name = name
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(name)


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


def told(error, stage, folders):
    """An error as data; `where` is the innermost line of the user's own code, or None."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename.startswith(folders[0] + os.sep)] if folders else []
    name = type(error).__qualname__
    return {
        "ok": False,
        "stage": stage,
        "refused": isinstance(error, Refused),
        "type": name,
        "message": str(error),
        "hint": getattr(error, "hint", None),
        "where": f"{os.path.relpath(own[-1].filename, folders[0])}:{own[-1].lineno}" if own else None,
        "trace": "".join(traceback.format_exception(type(error), error, error.__traceback__))[-20_000:],
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
