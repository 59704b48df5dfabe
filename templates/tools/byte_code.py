"""Compiles a folder of installed wheels, so that no cold start compiles again: `byte_code.py FOLDER`.

The files are the same on every machine: checked against nothing at run time (PEP 552 unchecked-hash; time stamps go
stale when a zip fixes its times), with paths relative to the folder, and independent of what the compiling process did
before (bpo-34093). Tests of packages are left as sources, and so is what does not compile.
"""

import concurrent.futures
import importlib.util
import marshal
import os
import sys
import types

HEADER = importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little")
LEFT_OUT = {"test", "tests", "__pycache__"}


def main(folder):
    sources = sorted(python_files(folder))
    # Threads share one interpreter lock; processes are worth their start only for many files.
    workers = min(os.cpu_count() or 1, 8, len(sources) // 50)
    if workers < 2:
        for source in sources:
            compile_file(folder, source)
        return
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        list(pool.map(compile_file, [folder] * len(sources), sources, chunksize=20))


def python_files(folder):
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            if name.endswith(".py"):
                yield os.path.join(parent, name)


def compile_file(folder, source):
    with open(source, "rb") as file:
        text = file.read()
    data = compiled(text, os.path.relpath(source, folder).replace(os.sep, "/"))
    if data is None:
        return
    target = importlib.util.cache_from_source(source, optimization="")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.exists(target):
        os.remove(target)  # the wheel's own may be read-only, or a link into somebody's cache
    with open(target, "wb") as file:
        file.write(data)


def compiled(text, shown, optimize=0):
    """The bytes of a .pyc file, or None for what has none that is the same on every machine."""
    try:
        code = compile(text, shown, "exec", dont_inherit=True, optimize=optimize)
    except (SyntaxError, ValueError, RecursionError):
        return None  # templates and Python 2 sources that some wheels carry
    code = with_one_of_each_set(code, {})
    held = []
    hold(code, held)
    if sys.version_info < (3, 12) and any(isinstance(value, frozenset) for value in held):
        return None  # written in an order that differs from run to run
    # Version 2 has no references at all; from 3.11 on `hold` makes them stable.
    version = 2 if sys.version_info < (3, 11) else marshal.version
    return HEADER + importlib.util.source_hash(text) + marshal.dumps(code, version)


def with_one_of_each_set(code, sets):
    """Whether equal sets of a module are one object depends on which of their strings the process had interned before."""
    constants = []
    for value in code.co_consts:
        if isinstance(value, types.CodeType):
            value = with_one_of_each_set(value, sets)
        elif isinstance(value, frozenset):
            value = sets.setdefault(tuple(sorted((type(each).__name__, repr(each)) for each in value)), value)
        constants.append(value)
    return code.replace(co_consts=tuple(constants))


def hold(value, held):
    """marshal writes an object that is referenced once in another way: here everything is referenced twice."""
    held.append(value)
    if isinstance(value, types.CodeType):
        for part in (value.co_consts, value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars):
            hold(part, held)
        held += [value.co_name, value.co_filename, getattr(value, "co_qualname", None)]
    elif isinstance(value, (tuple, frozenset)):
        for part in value:
            hold(part, held)


if __name__ == "__main__":
    main(sys.argv[1])
