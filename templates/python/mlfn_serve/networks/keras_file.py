"""Keras files, of Keras 2 and 3, without how they were trained: metrics and losses of the user's own are not needed."""

import json
import os
import tempfile
import zipfile

from .network import Network, Told
from .tensorflow_graph import answer_type, dtype_of, listed, shape_of, started

ENDINGS = {"keras": ".keras", "keras-h5": ".h5"}


def opened(path, model, threads):
    tensorflow = started(threads)
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # What a user set for all of Keras on this machine would change numbers.
    os.environ["KERAS_HOME"] = tempfile.mkdtemp()
    kind = model["format"]
    if (_is_third_hdf5 if kind == "keras-h5" else _is_third_zip)(path):
        import keras
    else:
        import tf_keras as keras
    named = path
    if not path.endswith(ENDINGS[kind]):  # by which the loaders tell the layout
        named = os.path.join(tempfile.mkdtemp(), "network" + ENDINGS[kind])
        os.symlink(path, named)
    return KerasNetwork(tensorflow, keras.models.load_model(named, compile=False, safe_mode=True))


def _is_third_hdf5(path):
    """Whether Keras 3 wrote it."""
    import h5py

    with h5py.File(path, "r") as file:
        version, config = file.attrs.get("keras_version", "2"), file.attrs["model_config"]
    version, config = (each.decode() if isinstance(each, bytes) else each for each in (version, config))
    return version.startswith("3") or '"registered_name"' in config


def _is_third_zip(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("metadata.json"))["keras_version"].startswith("3")


class KerasNetwork(Network):
    """Traced once, for any number of records: what `model.predict` does with each new size."""

    def __init__(self, tensorflow, model):
        names = [name.partition(":")[0] for name in getattr(model, "input_names", None) or [each.name for each in model.inputs]]
        specs = [
            tensorflow.TensorSpec(each.shape, each.dtype if isinstance(each.dtype, str) else each.dtype.name, name=name)
            for name, each in zip(names, model.inputs)
        ]

        def call(*given):
            return _flat(model(list(given) if len(given) > 1 else given[0], training=False))

        self.model = model  # its variables live as long as it does
        self.constant = tensorflow.constant
        self.asked = tensorflow.function(call, input_signature=specs).get_concrete_function()
        self.specs = specs
        self.inputs = [Told(spec.name, dtype_of(spec.dtype), shape_of(spec.shape)) for spec in specs]
        told = self.asked.structured_outputs
        self.outputs = [Told(name, answer_type(each.dtype), shape_of(each.shape)) for name, each in zip(_names(model), told)]

    def run(self, names, feeds):
        """Arrays in the order of the outputs."""
        given = [self.constant(feeds[spec.name], dtype=spec.dtype) for spec in self.specs]
        return [listed(each) for each in self.asked(*given)]


def _flat(told):
    if isinstance(told, dict):
        return list(told.values())
    return list(told) if isinstance(told, (list, tuple)) else [told]


def _names(model):
    """Of the outputs: the keys of a dict, else the layers'."""
    struct = getattr(model, "_outputs_struct", None)
    names = list(struct) if isinstance(struct, dict) else list(getattr(model, "output_names", None) or [model.layers[-1].name])
    if len(names) == len(model.outputs) == len(set(names)):
        return names
    return [f"output_{place}" for place in range(len(model.outputs))]
