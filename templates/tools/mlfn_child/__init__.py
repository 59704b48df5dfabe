"""What every child process of the tools does: it cannot outlive its parent or its time, and tells its end as data."""

import faulthandler
import json
import os
import sys
import threading
import traceback


def main(job_file, result_file, run):
    """`run(job, stage)` gives the result; what it raises becomes one."""
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    guard(job, result_file)
    stage = Stage(result_file + ".stage")
    try:
        result = run(job, stage)
    except BaseException as error:  # SystemExit too: a script without a main guard ends itself
        result = told(error, stage.name, job["path"])
    write_result(result, result_file)


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


def told(error, stage, folders):
    """An error as data; `where` is the innermost line of the user's own code, or None."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename.startswith(folders[0] + os.sep)] if folders else []
    name = type(error).__qualname__
    return {
        "ok": False,
        "stage": stage,
        "refused": getattr(error, "refused", False),
        "type": name,
        "message": str(error),
        "hint": getattr(error, "hint", None),
        "where": f"{os.path.relpath(own[-1].filename, folders[0])}:{own[-1].lineno}" if own else None,
        "trace": "".join(traceback.format_exception(type(error), error, error.__traceback__))[-20_000:],
    }


def write_result(result, result_file):
    """Writes the result whole, and ends: threads that the model left running do not hold it up."""
    with open(result_file + ".part", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(result_file + ".part", result_file)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
