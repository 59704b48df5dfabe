"""Finds the third-party imports of Python files by reading them; nothing is executed.

    imports.py FILE...  ->  {"imports": [{"name", "file", "line", "optional"}], "errors": [{"file", "line", "message"}]}

A module or package that lies beside the file that imports it is the user's own and is read in turn. `optional` is an
import that the code can do without: inside a `try` that catches its failure.
"""

import ast
import json
import os
import sys

FORGIVING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def standard_library():
    names = getattr(sys, "stdlib_module_names", None)  # Python 3.10
    if names is not None:
        return set(names)
    folder = os.path.dirname(os.__file__)
    listed = set(sys.builtin_module_names)
    for entry in os.listdir(folder) + os.listdir(os.path.join(folder, "lib-dynload")):
        if entry not in ("site-packages", "dist-packages"):
            listed.add(entry.split(".")[0])
    return listed


class Imports(ast.NodeVisitor):
    def __init__(self):
        self.found = []  # (level, module or "", names, line, optional)
        self.optional = False

    def visit_Import(self, node):
        for alias in node.names:
            self.found.append((0, alias.name, [], node.lineno, self.optional))

    def visit_ImportFrom(self, node):
        names = [alias.name for alias in node.names]
        self.found.append((node.level, node.module or "", names, node.lineno, self.optional))

    def visit_If(self, node):
        test = node.test.attr if isinstance(node.test, ast.Attribute) else getattr(node.test, "id", None)
        for child in node.orelse if test == "TYPE_CHECKING" else node.body + node.orelse:
            self.visit(child)

    def visit_Try(self, node):
        before = self.optional
        self.optional = before or any(forgives(handler.type) for handler in node.handlers)
        for child in node.body:
            self.visit(child)
        self.optional = before
        for child in node.handlers + node.orelse + node.finalbody:
            self.visit(child)


def forgives(caught):
    if caught is None:
        return True
    caught = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(getattr(one, "id", getattr(one, "attr", None)) in FORGIVING for one in caught)


def own_files(folder, dotted):
    """Files that importing `dotted` from `folder` would run; empty when it is not the user's own."""
    files, path = [], folder
    parts = dotted.split(".")
    for index, part in enumerate(parts):
        path = os.path.join(path, part)
        if os.path.isfile(os.path.join(path, "__init__.py")):
            files.append(os.path.join(path, "__init__.py"))
        elif os.path.isfile(path + ".py"):
            return [*files, path + ".py"]
        elif not os.path.isdir(path):
            return files
        elif index == len(parts) - 1 and any(name.endswith(".py") for name in os.listdir(path)):
            return files or [None]  # a namespace package: the user's own, but nothing runs
    return files


def scan(roots):
    library = standard_library()
    imports, errors = [], []
    queue = [(os.path.abspath(f), os.path.dirname(os.path.abspath(f))) for f in roots]
    seen = set()
    while queue:
        file, root = queue.pop()
        if file in seen:
            continue
        seen.add(file)
        try:
            with open(file, "rb") as handle:
                tree = ast.parse(handle.read(), file)
        except (OSError, SyntaxError, ValueError) as error:
            errors.append({"file": file, "line": getattr(error, "lineno", None), "message": str(error).split(" (")[0]})
            continue
        visitor = Imports()
        visitor.visit(tree)
        for level, module, names, line, optional in visitor.found:
            folder = root
            if level:
                folder = os.path.dirname(file)
                for _ in range(level - 1):
                    folder = os.path.dirname(folder)
            dotted = [module] if module else []
            dotted += [module + "." + name if module else name for name in names if level or module]
            own = [f for name in dotted for f in own_files(folder, name)]
            queue.extend((f, root) for f in own if f)
            if not level and not own and module.split(".")[0] not in library:
                # `from google.cloud import storage`: the last name may be the module that tells the distribution
                known = [module + "." + n for n in names if n != "*"] or [module]
                imports.extend({"name": n, "file": file, "line": line, "optional": optional} for n in known)
    return {"imports": sorted(imports, key=lambda i: (i["file"], i["line"], i["name"])), "errors": errors}


print(json.dumps(scan(sys.argv[1:])))
