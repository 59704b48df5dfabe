"""One row: the compiled model's evaluator against the model's own `predict_proba`, in turn, in one process.

evaluator.py PACKAGE MODEL BODY ROUNDS prints {"plain": [...], "original": [...]}:
microseconds of a call, the median of each round.
"""

import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import joblib
import numpy as np

package, model_file, body_file, rounds = sys.argv[1:]
sys.path.insert(0, package)

from mlfn_serve.bodies import read  # noqa: E402 - it is in the package
from mlfn_serve.plain import PlainModel  # noqa: E402

CALLS = 50


def microseconds(ask):
    taken = []
    for _ in range(CALLS):
        begun = perf_counter()
        ask()
        taken.append((perf_counter() - begun) * 1e6)
    return median(taken)


body = json.loads(Path(body_file).read_text())
(file,) = Path(package, "model").iterdir()
plain = PlainModel(str(file))
batch = read(body, plain.schema)
original = joblib.load(model_file)
original.set_params(n_jobs=1)
row = np.array([body], dtype=float)
asked = {"plain": lambda: plain.predict(batch), "original": lambda: original.predict_proba(row)}
if plain.predict(batch)[1][0] != original.predict_proba(row)[0].tolist():
    sys.exit("the answers differ")

told = {name: [] for name in asked}
for _ in range(int(rounds)):
    for name, ask in asked.items():
        told[name].append(microseconds(ask))
print(json.dumps(told))
