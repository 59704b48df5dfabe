"""Python's own view of a pickle, asked over stdin: one JSON request a line, one JSON answer a line."""

import base64
import io
import json
import pickle
import pickletools
import random
import sys
import warnings

import joblib
import numpy as np
from joblib import numpy_pickle, numpy_pickle_utils

warnings.simplefilter("ignore")
try:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
except ImportError:
    pass

# What joblib needs to find its way past array bytes; all else is a stand-in, so that nothing runs.
REAL = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): numpy_pickle.NumpyArrayWrapper,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("builtins", "object"): object,
    ("__builtin__", "object"): object,
    ("copyreg", "_reconstructor"): lambda cls, base, state: object.__new__(cls),
    ("copy_reg", "_reconstructor"): lambda cls, base, state: object.__new__(cls),
    ("_codecs", "encode"): lambda text, *codec: text.encode("latin1"),
}


class StandIn(dict):
    """Takes part in anything a pickle does, and does nothing."""

    def __new__(cls, *args, **kwargs):
        return dict.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __setstate__(self, state):
        pass

    def __call__(self, *args, **kwargs):
        return StandIn()

    def append(self, item):
        pass

    def extend(self, items):
        pass

    def add(self, item):
        pass

    def __hash__(self):
        return 0


def recorder(base, names):
    class Recorder(base):
        def find_class(self, module, name):
            names.append([module, name])
            return REAL.get((module, name), StandIn)

    return Recorder


def attempt(load):
    try:
        load()
        return None
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]


def trace(data):
    """Names that pickle looks up (both of Python's unpicklers), those that joblib does, and how each ended."""
    by_pickle, by_joblib = [], []

    def load():
        file = io.BytesIO(data)
        with numpy_pickle_utils._validate_fileobject_and_memmap(file, "", None) as (opened, _):
            if isinstance(opened, str):
                return
            options = {"ensure_native_byte_order": False} if joblib.__version__ >= "1.5" else {}
            loader = recorder(numpy_pickle.NumpyUnpickler, by_joblib)("", opened, **options)
            # Before joblib 1.6 the pickle behind an object array is loaded by pickle.load itself.
            plain, pickle.load = pickle.load, lambda inner: recorder(pickle._Unpickler, by_joblib)(inner).load()
            try:
                loader.load()
            finally:
                pickle.load = plain

    outcomes = [
        attempt(lambda: recorder(pickle.Unpickler, by_pickle)(io.BytesIO(data)).load()),
        attempt(lambda: recorder(pickle._Unpickler, by_pickle)(io.BytesIO(data)).load()),
        attempt(load),
    ]
    return {"pickle": by_pickle, "joblib": by_joblib, "outcomes": outcomes}


SHARED = ["numpy", "dtype", "a'b\\c\n", "é\u20ac\U0001f600", ""]


def thing(rng, depth):
    leaf = depth <= 0 or rng.random() < 0.3
    choice = rng.randrange(15 if leaf else 23)
    if choice < 15:
        return [
            list(range(1001)),
            None,
            True,
            False,
            rng.randrange(-3, 300),
            rng.randrange(-(2**40), 2**40),
            -(2 ** rng.randrange(2100)),
            rng.random() * 10 ** rng.randrange(-30, 30),
            rng.choice(SHARED),
            "x" * rng.choice([1, 255, 256, 70000]),
            bytes(rng.randrange(256) for _ in range(rng.randrange(20))),
            b"y" * rng.choice([255, 256, 66000, 140000]),
            bytearray(b"z" * rng.randrange(300)),
            complex(1, rng.random()),
            np.float64(rng.random()),
        ][choice]
    few = range(rng.choice([0, 1, 2, 3, 4]))
    if choice == 15:
        return [thing(rng, depth - 1) for _ in few]
    if choice == 16:
        return tuple(thing(rng, depth - 1) for _ in few)
    if choice == 17:
        return {rng.choice([f"k{i}", i, (i,), float(i)]): thing(rng, depth - 1) for i in few}
    if choice == 18:
        return {f"s{i}" for i in few}
    if choice == 19:
        return frozenset(few)
    if choice == 20:
        return np.zeros(rng.randrange(8), dtype=rng.choice(["f8", ">i4", "u1", "U3", "O", "S2", "M8[ns]", "i4,O", "f4,i2"]))
    if choice == 21:
        shared = thing(rng, depth - 1)
        return [shared, shared, {"again": shared}]
    loop = [thing(rng, depth - 1)]
    loop.append(loop)
    return loop


def make(seed, protocol, kind):
    value = thing(random.Random(seed), 5)
    file = io.BytesIO()
    if kind == "pickle":
        pickle.dump(value, file, protocol)
    elif kind == "python":
        pickle._Pickler(file, protocol).dump(value)
    elif kind == "optimized":
        file.write(pickletools.optimize(pickle.dumps(value, protocol)))
    else:
        joblib.dump(value, file, protocol=protocol, compress=0 if kind == "joblib" else (kind, 3))
    return file.getvalue()


def opcodes(data):
    rows = []
    for opcode, arg, at in pickletools.genops(data):
        rows.append([opcode.name, at, arg.split(" ", 1) if opcode.name in ("GLOBAL", "INST") else None])
    return rows


COMMANDS = {
    "make": lambda request: {"data": base64.b64encode(make(request["seed"], request["protocol"], request["kind"])).decode()},
    "opcodes": lambda request: {"rows": opcodes(base64.b64decode(request["data"]))},
    "trace": lambda request: trace(base64.b64decode(request["data"])),
}

answers = sys.stdout
sys.stdout = sys.stderr
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = COMMANDS[request["command"]](request)
    except Exception as error:
        answer = {"error": repr(error)}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
