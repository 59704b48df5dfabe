"""Answers events with a package's own serving code, and tells which files that took: `trace_package.py JOB RESULT`.

The job is {"timeout": seconds, "root": folder of the function part, "dependencies": folder, "events": [...]}; the result
{"answers": [...], "files": {path below dependencies: why}} or {"failed": one line, "missing": a module's name or null}.
Events and answers are Lambda's. Nothing else is on sys.path but the standard library.

Why a file is needed: `imported`, `opened` or `mapped` (a shared library) in this run; `lazy`: a function of an imported module
imports it, or that needs it to be imported. Static, and one step deep: what such a module imports in functions of its own is not
followed.
"""

import ast
import importlib.machinery
import json
import os
import sys

# Isolated mode leaves this folder out, and it goes again: only the package is to be found.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from mlfn_child import guard, write_result

del sys.path[0]

SUFFIXES = importlib.machinery.EXTENSION_SUFFIXES


def main(job_file, result_file):
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    guard(job, result_file)
    write_result(run(job), result_file)


def run(job):
    below = os.path.realpath(job["dependencies"]) + os.sep
    opened = set()

    def see(event, args):
        if event in ("open", "ctypes.dlopen") and isinstance(args[0], str):
            opened.add(args[0])

    os.environ.update({"LAMBDA_TASK_ROOT": job["root"], "AWS_LAMBDA_FUNCTION_VERSION": "1"})
    sys.path[:0] = [job["root"], job["dependencies"]]
    sys.addaudithook(see)
    try:
        from mlfn_serve.entry import handler

        answers = [handler(event, None) for event in job["events"]]
    except ImportError as error:
        return {"failed": f"{type(error).__name__}: {error}", "missing": error.name}
    except BaseException as error:  # whatever the model or its library raises
        return {"failed": f"{type(error).__name__}: {error}", "missing": None}
    files = {}
    modules = dict(loaded(below))
    note(files, below, "imported", modules.values())
    note(files, below, "opened", sorted(opened))
    note(files, below, "mapped", mapped())
    note(files, below, "lazy", lazily(below, modules))
    return {"answers": answers, "files": files}


def loaded(below):
    """(name, file) of every module that lies there."""
    for name, module in list(sys.modules.items()):
        file = getattr(getattr(module, "__spec__", None), "origin", None) or getattr(module, "__file__", None)
        if isinstance(file, str) and os.path.realpath(file).startswith(below):
            yield name, os.path.realpath(file)


def mapped():
    """Linux alone tells; elsewhere the libraries beside an extension are kept as its package's data."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
            return sorted({line.split(None, 5)[-1].rstrip("\n") for line in file if "/" in line})
    except OSError:
        return []


def note(files, below, why, found):
    for file in found:
        real = os.path.realpath(file)
        if real.startswith(below) and os.path.isfile(real):
            files.setdefault(real[len(below) :].replace(os.sep, "/"), why)


def lazily(below, modules):
    """Files of what functions of these modules import, and of what those modules import to be imported."""
    known = set(modules)
    found = {}
    waiting = []
    for name, file in modules.items():
        waiting += [each for each in imports(name, file, inside=True) if each not in known]
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        file = place(below, name)
        if file is None:
            continue
        found[name] = file
        parent = name.rpartition(".")[0]
        waiting += [parent] if parent else []
        waiting += imports(name, file, inside=False)
    return found.values()


def place(below, name):
    """The file that a module would be imported from."""
    path = below + name.replace(".", os.sep)
    for file in (os.path.join(path, "__init__.py"), f"{path}.py", *(path + suffix for suffix in SUFFIXES)):
        if os.path.isfile(file):
            return file
    return None


def imports(name, file, inside):
    """Names of modules (some may be of other things) that a source imports in its functions, or outside of them."""
    if not file.endswith(".py"):
        return []
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (SyntaxError, ValueError, RecursionError):
        return []
    package = name if os.path.basename(file) == "__init__.py" else name.rpartition(".")[0]
    found = []
    waiting = [(tree, False)]
    while waiting:
        node, within = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)) and within == inside:
            found += targets(node, package)
        within = within or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        waiting += [(child, within) for child in ast.iter_child_nodes(node)]
    return found


def targets(node, package):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - node.level + 1] + ([base] if base else []))
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


if __name__ == "__main__":
    main(*sys.argv[1:])
