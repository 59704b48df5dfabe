"""Keras files, of Keras 2 and 3. How they were trained is not loaded: metrics and losses of the user's own are not needed."""

import json
import os
import shutil
import zipfile

from .original import Port, Unsupported
from .tensorflow_graph import export, numpy_name, quiet


def opened(file, fmt, requests):
    quiet()
    if (_of_hdf5 if fmt == "keras-h5" else _of_zip)(file):
        import keras
    else:
        import tf_keras as keras
    # The loaders tell the layout by the file's name.
    named = os.path.join(os.getcwd(), "network" + (".h5" if fmt == "keras-h5" else ".keras"))
    try:
        if not os.path.lexists(named):  # by another process of this folder
            os.symlink(file, named)
    except OSError:  # of Windows, without the right to make one
        shutil.copyfile(file, named)
    return Keras(keras.models.load_model(named, compile=False))


def _of_hdf5(file):
    """Whether Keras 3 wrote it."""
    import h5py

    with h5py.File(file, "r") as opened_file:
        version = opened_file.attrs.get("keras_version", "2")
        config = opened_file.attrs["model_config"]
    text = version.decode() if isinstance(version, bytes) else version
    return text.startswith("3") or '"registered_name"' in (config.decode() if isinstance(config, bytes) else config)


def _of_zip(file):
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("metadata.json"))["keras_version"].startswith("3")


class Keras:
    def __init__(self, model):
        self.model = model
        names = [name.partition(":")[0] for name in getattr(model, "input_names", None) or [each.name for each in model.inputs]]
        if len(set(names)) != len(names):
            raise Unsupported("two of its inputs have the same name")
        self.ports = [Port(name, numpy_name(each.dtype), each.shape) for name, each in zip(names, model.inputs)]
        self.outputs = _outputs(model)

    def ask(self, feeds):
        told = self.model(
            [feeds[port.name] for port in self.ports] if len(self.ports) > 1 else feeds[self.ports[0].name], training=False
        )
        return [each.numpy() for each in _flat(told)]

    def export(self, path):
        import tensorflow

        _embed(self.model)

        def call(*given):
            return _flat(self.model(list(given) if len(given) > 1 else given[0], training=False))

        specs = [tensorflow.TensorSpec(port.shape, port.dtype, name=port.name) for port in self.ports]
        export(tensorflow.function(call, input_signature=specs), specs, self.outputs, path)


def _flat(told):
    """Tensors in the order of the model's outputs."""
    if isinstance(told, dict):
        return list(told.values())
    return list(told) if isinstance(told, (list, tuple)) else [told]


def _outputs(model):
    """Their names: the keys of a dict, else the layers'."""
    struct = getattr(model, "_outputs_struct", None)
    names = list(struct) if isinstance(struct, dict) else list(getattr(model, "output_names", None) or [model.layers[-1].name])
    if len(names) == len(model.outputs) == len(set(names)):
        return names
    return [f"output_{place}" for place in range(len(model.outputs))]


def _embed(model):
    """Tensors that layers hold (mean and variance of Normalization) become constants; they would be inputs of the graph."""
    import numpy
    import tensorflow

    for layer in model._flatten_layers():
        for name, value in list(vars(layer).items()):
            if tensorflow.is_tensor(value) and not isinstance(value, tensorflow.Variable) and hasattr(value, "numpy"):
                object.__setattr__(layer, name, numpy.asarray(value))
