"""A fitted estimator through export and proof, in this process: what compile.py does in a child."""

import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [os.path.join(ROOT, "templates", "tools"), os.path.join(ROOT, "templates", "python")]

from mlfn_compile.compiling import exported  # noqa: E402
from mlfn_compile.flat import Writer  # noqa: E402
from mlfn_compile.probes import every_probe  # noqa: E402
from mlfn_compile.prove import prove  # noqa: E402
from mlfn_compile.schema import saved_schema  # noqa: E402
from mlfn_compile.thresholds import thresholds  # noqa: E402
from mlfn_serve.model import Model  # noqa: E402
from mlfn_serve.plain import PlainModel  # noqa: E402


def written(estimator, path, engine="plain"):
    """Writes the compiled form to `path`; the native Model that it is of. Raises Unsupported."""
    native = Model(estimator, "model.joblib")
    writer = Writer()
    node = exported(estimator, writer, engine)
    about = {name: getattr(native, name) for name in ("classes", "probabilistic", "method")}
    writer.write(path, {**about, "schema": saved_schema(native.schema)}, node)
    return native


def compiled(estimator, engine="plain"):
    """(the native Model, the PlainModel). Raises Unsupported."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.mlfn")
        return written(estimator, path, engine), PlainModel(path)


def proof(estimator, requests=(), engine="plain"):
    """The proof of the estimator's compiled form. Raises Unsupported where it has none that is equal."""
    native, model = compiled(estimator, engine)
    return prove(native, model, [*every_probe(native, list(requests)), *thresholds(model, 60)], engine)
