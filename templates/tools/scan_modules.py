"""Reads the user's Python modules, without running them, and says what they need.

stdin:  {"roots": [folder, ...], "entries": [{"path", "root"}, ...], "dependencies": folder}
stdout: {"files": [{"path", "root"}], "packages": [{"path", "root"}], "missing": [...], "shadows": [...],
         "work": {entry: {"line", "text"} | null}, "flask": [file, ...], "error": {"path", "line", "message"} | null}

`files` are the single modules that the entries import, directly or not; `packages` the folders of regular packages.
"""

from __future__ import annotations

import ast
import json
import os
import sys

# Calls that make a constant or set up logging and the like: harmless when a module is imported.
HARMLESS = {
    "TypeVar", "NewType", "NamedTuple", "namedtuple", "Path", "set", "frozenset", "dict", "list", "tuple", "range",
    "len", "int", "float", "str", "bool", "bytes", "min", "max", "abs", "round", "sorted", "zip", "getLogger", "compile",
    "join", "dirname", "abspath", "realpath", "resolve", "getenv", "get", "array", "log", "sqrt", "exp", "arange",
    "linspace", "split", "strip", "format", "lower", "upper", "partial", "field", "basicConfig", "filterwarnings",
    "simplefilter", "append", "insert", "seed", "set_config", "setLevel", "set_option", "getcwd", "keys", "values",
    "items", "Flask", "Fraction", "Decimal", "timedelta", "datetime", "OrderedDict", "defaultdict", "Counter", "Lock",
}  # fmt: skip
CODE_SUFFIXES = (".py", ".so", ".pyd")


def standard_library():
    names = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
    if not hasattr(sys, "stdlib_module_names"):  # Python 3.9
        folder = os.path.dirname(os.__file__)
        names |= {os.path.splitext(name)[0] for name in os.listdir(folder) if not name.startswith("site-")}
    return names


def installed(folder):
    """Top-level names that the dependency folder provides."""
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    return {name.split(".")[0] for name in names if "." not in name or name.endswith(CODE_SUFFIXES)}


def is_main_guard(test):
    return (
        isinstance(test, ast.Compare)
        and any(isinstance(side, ast.Name) and side.id == "__name__" for side in [test.left, *test.comparators])
        and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in [test.left, *test.comparators])
    )


def is_type_checking(test):
    return getattr(test, "id", getattr(test, "attr", None)) == "TYPE_CHECKING"


class Imports(ast.NodeVisitor):
    """Every import that can run when the module is imported or used: (level, module, names, line, optional)."""

    def __init__(self):
        self.found = []
        self.optional = 0

    def visit_Import(self, node):
        for alias in node.names:
            self.found.append((0, alias.name, [], node.lineno, self.optional > 0))

    def visit_ImportFrom(self, node):
        names = [alias.name for alias in node.names]
        self.found.append((node.level, node.module or "", names, node.lineno, self.optional > 0))

    def visit_Call(self, node):
        called = getattr(node.func, "id", getattr(node.func, "attr", None))
        first = node.args[0] if node.args else None
        if called in ("import_module", "__import__") and isinstance(getattr(first, "value", None), str):
            if not first.value.startswith("."):
                self.found.append((0, first.value, [], node.lineno, self.optional > 0))
        self.generic_visit(node)

    def visit_Try(self, node):
        self.optional += 1
        for child in node.body:
            self.visit(child)
        self.optional -= 1
        for child in [*node.handlers, *node.orelse, *node.finalbody]:
            self.visit(child)

    def visit_ExceptHandler(self, node):
        self.optional += 1
        self.generic_visit(node)
        self.optional -= 1

    def visit_If(self, node):
        if not is_main_guard(node.test) and not is_type_checking(node.test):
            for child in node.body:
                self.visit(child)
        for child in node.orelse:
            self.visit(child)


def first_work(body):
    """The first statement that does more on import than define things, or None."""
    for node in body:
        inner = None
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Pass)):
            continue
        if isinstance(node, ast.If):
            inner = first_work(node.orelse if is_main_guard(node.test) else [*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [child for handler in node.handlers for child in handler.body]
            inner = first_work([*node.body, *handlers, *node.orelse, *node.finalbody])
        elif not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Assert)) or not harmless(node):
            return node
        if inner is not None:
            return inner
    return None


def harmless(node):
    for child in ast.walk(node):
        if isinstance(child, (ast.Await, ast.Yield, ast.YieldFrom)):
            return False
        if isinstance(child, ast.Call):
            if getattr(child.func, "id", getattr(child.func, "attr", None)) not in HARMLESS:
                return False
    return True


class Scan:
    def __init__(self, roots, dependencies):
        self.roots = roots
        self.standard = standard_library()
        self.installed = installed(dependencies)
        self.files = {}
        self.packages = {}
        self.missing = []
        self.shadows = []
        self.flask = []
        self.work = {}
        self.trees = {}
        self.seen = set()

    def parse(self, path):
        if path not in self.trees:
            with open(path, "rb") as source:
                text = source.read()
            try:
                self.trees[path] = ast.parse(text, filename=path)
            except (SyntaxError, ValueError) as error:
                line, message = getattr(error, "lineno", None) or 1, getattr(error, "msg", None) or str(error)
                raise Broken(path, line, message) from error
        return self.trees[path]

    def run(self, entries):
        queue = []
        for path, root in entries:
            node = first_work(self.parse(path).body)
            self.work[path] = node and {"line": node.lineno, "text": ast.unparse(node).split("\n")[0][:80]}
            name = os.path.relpath(path, root).split(os.sep)[0]
            name = name[:-3] if name.endswith(".py") else name
            self.hides(name, path)
            queue += self.take(path, root)
        self.follow(queue, reachable=True)
        rest = [(path, root) for folder, root in list(self.packages.items()) for path in python_files(folder)]
        self.follow(rest, reachable=False)

    def hides(self, name, path):
        kind = "standard-library" if name in self.standard else "dependency" if name in self.installed else None
        if kind is not None:
            self.shadows.append({"path": path, "name": name, "hides": kind})

    def take(self, path, root):
        """Notes a module as needed; a regular package is needed as a whole."""
        top = os.path.join(root, os.path.relpath(path, root).split(os.sep)[0])
        if os.path.isfile(os.path.join(top, "__init__.py")):
            self.packages[top] = root
        else:
            self.files[path] = root
        return [(path, root)]

    def follow(self, queue, reachable):
        while queue:
            path, root = queue.pop(0)
            if path in self.seen:
                continue
            self.seen.add(path)
            try:
                tree = self.parse(path)
            except Broken:
                if reachable:
                    raise
                continue
            imports = Imports()
            imports.visit(tree)
            for level, module, names, line, optional in imports.found:
                queue += self.resolve(path, root, level, module, names, line, optional or not reachable)

    def resolve(self, path, root, level, module, names, line, optional):
        if level > 0:
            folder = os.path.dirname(path)
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self.locate(folder, root, module, names) or []
        top = module.split(".")[0]
        if top == "flask":
            self.flask.append(path)
        if top in self.standard:
            return []
        for each in self.roots:
            found = self.locate(each, each, module, names)
            if found is not None:
                if top in self.installed:
                    self.hides(top, found[0][0])
                return found
        if top not in self.installed and not optional:
            self.missing.append({"path": path, "line": line, "module": module})
        return []

    def locate(self, folder, root, module, names):
        """Files of `module` and of those `names` that are modules, looked for below `folder`; None: no such module."""
        found = []
        for part in module.split(".") if module else []:
            base = os.path.join(folder, part)
            init = os.path.join(base, "__init__.py")
            if os.path.isfile(init):
                found += self.take(init, root)
            elif os.path.isfile(base + ".py"):
                return found + self.take(base + ".py", root)
            elif not has_python(base):
                return found or None
            folder = base
        for name in names:
            for candidate in (os.path.join(folder, name + ".py"), os.path.join(folder, name, "__init__.py")):
                if os.path.isfile(candidate):
                    found += self.take(candidate, root)
        return found or None


class Broken(Exception):
    def __init__(self, path, line, message):
        super().__init__(message)
        self.report = {"path": path, "line": line, "message": message}


def has_python(folder):
    """A folder that can be a namespace package."""
    try:
        return any(name.endswith(".py") or os.path.isdir(os.path.join(folder, name)) for name in os.listdir(folder))
    except OSError:
        return False


def python_files(folder):
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in ("__pycache__", "node_modules"))
        yield from (os.path.join(parent, name) for name in sorted(names) if name.endswith(".py"))


def main():
    asked = json.load(sys.stdin)
    scan = Scan(asked["roots"], asked["dependencies"])
    error = None
    try:
        scan.run([(entry["path"], entry["root"]) for entry in asked["entries"]])
    except Broken as broken:
        error = broken.report
    pairs = lambda found: [{"path": path, "root": root} for path, root in sorted(found.items())]  # noqa: E731
    answer = {
        "files": pairs(scan.files),
        "packages": pairs(scan.packages),
        "missing": scan.missing,
        "shadows": scan.shadows,
        "work": scan.work,
        "flask": sorted(set(scan.flask)),
        "error": error,
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
